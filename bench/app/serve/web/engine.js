// SPDX-License-Identifier: MIT
// Which runtime, profile and devices are meant.
import {byId, element} from '/elements.js';
import {change, value} from '/question.js';
import {t} from '/texts.js';

const metrics = ['weights', 'kv_cache', 'activation', 'compute', 'allocated', 'reserved', 'device', 'rss', 'kv_available', 'kv_tokens'];
const estimators = ['rule-1.2', 'rule-per-token', 'rule-kv', 'rule-terms', 'theory', 'calibrated'];
const plainWords = ['devices', 'split', 'metric', 'profile', 'estimator', 'context', 'options'];

let runtimes = [], profiles = [];

const familyOf = (runtime) => runtime.split('@')[0];
const versionOf = (runtime) => runtime.split('@').slice(1).join('@');

/** The versions that a runtime's text names, the newest last: "4.31 to 5.0" has 4.31 and 5.0. */
function versionsIn(text) {
  return (text.match(/\b(?:b\d+|v?\d+\.\d+(?:\.\d+)?|\d{4}-\d{2}-\d{2})\b/g) ?? []);
}

const runtimeNamed = (family) => runtimes.find(({name}) => name === family);

/** A family as it is asked for: with its newest version where it has versions. */
function newest(family) {
  const versions = versionsIn(runtimeNamed(family)?.versions ?? '');
  return versions.length === 0 ? family : `${family}@${versions[versions.length - 1]}`;
}

function fillSelect(id, options) {
  byId(id).replaceChildren(...options.map(([key, text]) => element('option', {value: key}, text)));
}

const profileText = ({name, device, kind}) => (name === device ? name : `${name} (${device}, ${kind})`);

export function nameEngineControls() {
  fillSelect('runtime', [['', t('runtime.default')], ...runtimes.filter(({name}) => name !== 'calibram').map(({name}) => [name, name])]);
  fillSelect('split', [['', t('split.default')], ['layers', t('split.layers')], ['tensor', t('split.tensor')]]);
  fillSelect('metric', [['', t('metric.default', {what: t('metric.allocated')})], ...metrics.map((name) => [name, `${name}: ${t(`metric.${name}`)}`])]);
  fillSelect('estimator', [['', t('estimator.default')], ...estimators.map((name) => [name, name])]);
  fillSelect('profile', [['', t('profile.default')], ['none', t('profile.none')], ...profiles.map((profile) => [profile.name, profileText(profile)])]);
  showEngine();
}

export function showEngine() {
  const runtime = value('runtime'), family = familyOf(runtime), known = runtimeNamed(family);
  byId('runtime').value = family === 'calibram' ? '' : family;
  byId('version').disabled = versionsIn(known?.versions ?? '').length === 0 || family === 'calibram';
  if (byId('version') !== document.activeElement) byId('version').value = versionOf(runtime);
  byId('version-help').textContent = byId('version').disabled ? '' : t('version.help', {versions: known.versions});
  byId('versions').replaceChildren(...versionsIn(known?.versions ?? '').map((version) => element('option', {value: version})));
  byId('options-help').replaceChildren(t('options.help'), ' ', (known ?? runtimeNamed('calibram'))?.options ?? '');
  for (const word of plainWords)
    if (byId(word) !== document.activeElement || byId(word).tagName === 'SELECT') byId(word).value = value(word);
  if (plainWords.some((word) => value(word) !== '')) byId('more').open = true;
}

export function setEngine(knownRuntimes, knownProfiles) {
  runtimes = knownRuntimes;
  profiles = knownProfiles;
  nameEngineControls();
}

export function setUpEngine() {
  // Options and formats of another engine would only be refused.
  byId('runtime').addEventListener('change', (event) => change({runtime: event.target.value === '' ? '' : newest(event.target.value), options: ''}));
  byId('version').addEventListener('change', (event) => {
    const family = familyOf(value('runtime')), version = event.target.value.trim();
    change({runtime: version === '' ? family : `${family}@${version}`});
  });
  for (const word of plainWords)
    byId(word).addEventListener(byId(word).tagName === 'SELECT' ? 'change' : 'input', (event) => change({[word]: event.target.value}));
}
