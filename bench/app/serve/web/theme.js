// SPDX-License-Identifier: MIT
// Light or dark: as the system has it, until the reader chooses.
import {byId} from '/elements.js';
import {recall, remember} from '/memory.js';
import {t} from '/texts.js';

const system = matchMedia('(prefers-color-scheme: dark)');

function put(theme) {
  document.documentElement.dataset.theme = theme;
  byId('theme').textContent = t(theme === 'dark' ? 'theme.light' : 'theme.dark');
}

const wanted = () => recall('theme') ?? (system.matches ? 'dark' : 'light');

export const showTheme = () => put(wanted());

/** The value of one of the style sheet's colours. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function setUpTheme(onChange) {
  showTheme();
  system.addEventListener('change', () => { showTheme(); onChange(); });
  byId('theme').addEventListener('click', () => {
    remember('theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    put(recall('theme') ?? (document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
    onChange();
  });
}
