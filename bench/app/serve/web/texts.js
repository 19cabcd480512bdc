// SPDX-License-Identifier: MIT
// The page's words in the reader's language; what the program says in English stays so marked where there is no other.
import {english} from '/texts_en.js';
import {chinese} from '/texts_zh.js';
import {grouped} from '/bytes.js';
import {element} from '/elements.js';
import {recall, remember} from '/memory.js';

const languages = {en: english, zh: chinese};
const names = {en: 'English', zh: '中文'};
const tags = {en: 'en', zh: 'zh-CN'};

const first = () => recall('language') ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
let current = first();
if (!(current in languages)) current = 'en';

const other = () => (current === 'en' ? 'zh' : 'en');
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** A text of the page; `{name}` in it is replaced by values.name. */
export const t = (key, values = {}) => filled(languages[current].texts[key] ?? key, values);
/** The text of a count, which may differ for one. */
export const counted = (key, count) => t(count === 1 ? `${key}.one` : key, {count: grouped(count)});

/** What the program says, in the reader's language where a phrase of it is known, else in English and marked so. */
export function said(sentence) {
  if (current === 'en') return sentence;
  for (const [pattern, replacement] of languages[current].phrases)
    if (pattern.test(sentence)) return sentence.replace(pattern, replacement);
  return element('span', {lang: 'en'}, sentence);
}

/** Why a rule differs: by its code where the language has words for it, else as the program says it. */
export function reasonSaid(code, values, sentence) {
  const known = languages[current].reasons?.[code];
  return known === undefined ? said(sentence) : filled(known, values);
}

/** Puts the words of the current language where page.html names their keys. */
function applyTexts() {
  document.documentElement.lang = tags[current];
  document.title = t('title');
  for (const place of document.querySelectorAll('[data-text]')) place.textContent = t(place.dataset.text);
  for (const place of document.querySelectorAll('[data-label]')) place.setAttribute('aria-label', t(place.dataset.label));
  for (const place of document.querySelectorAll('[data-placeholder]')) place.placeholder = t(place.dataset.placeholder);
}

/** The button that changes the language, and then calls onChange. */
export function setUpLanguage(switcher, onChange) {
  const show = () => {
    applyTexts();
    switcher.textContent = names[other()];
    switcher.lang = tags[other()];
  };
  switcher.addEventListener('click', () => {
    current = other();
    remember('language', current);
    show();
    onChange();
  });
  show();
}
