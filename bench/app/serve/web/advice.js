// SPDX-License-Identifier: MIT
// What to do where the card is too small: the cheapest plans, then every remedy with its saving and cost.
import {lookAtAnswer} from '/answer.js';
import {gib} from '/bytes.js';
import {askCommand, commandText, questionOf} from '/command.js';
import {button, byId, element, replace, table} from '/elements.js';
import {change, value} from '/question.js';
import {said, t} from '/texts.js';
import {fitMark, roomText} from '/verdict.js';

const keeps = ['keep-formats', 'keep-batch', 'keep-context', 'keep-engine', 'keep-on-card'];

const costOf = (step) => (step.cost_class === null ? '' : t(`cost.${step.cost_class}`));

/** The cheapest plan in a line below the verdict, for a reader who looks no further. */
function showWayOut({fits, plan}) {
  if (fits) return byId('way-out').replaceChildren();
  if (!plan) return replace(byId('way-out'), t('plan.none'));
  const steps = plan.steps.flatMap((step, i) => [i === 0 ? '' : t('comma'), said(step.name)]);
  replace(byId('way-out'), `${t('plan')}${t('colon')}`, element('strong', {}, ...steps), `${t('comma')}${t('needs', {size: gib(plan.needed_bytes)})} `,
    element('a', {href: '#advice-title'}, t('plan.more')));
}

/** A button that asks what one command asks; none for a sum of several. */
function useButton(commands, what) {
  if (commands.length !== 1 || questionOf(commands[0]) === null) return '';
  return button(t('use'), () => { askCommand(commands[0]); lookAtAnswer(); }, {'aria-label': t('use.what', {what})});
}

function planNodes(plan, title) {
  const steps = plan.steps.map((step) => element('li', {}, element('strong', {}, said(step.name)),
    ` ${t('step', {size: gib(step.saves_bytes), cost: costOf(step)})}`));
  const host = plan.host_bytes > 0 ? ` ${t('plan.host', {size: gib(plan.host_bytes)})}` : '';
  return element('div', {class: 'plan'}, element('h3', {}, title), element('ol', {}, ...steps),
    element('p', {class: 'verdict yes'}, element('strong', {}, t('needs', {size: gib(plan.needed_bytes)})), `${t('comma')}${roomText(plan)}${host}`),
    ...plan.notes.map((note) => element('p', {class: 'help'}, said(note))),
    element('pre', {tabindex: '0', 'aria-label': t('command')}, plan.commands.map(commandText).join('\n')),
    useButton(plan.commands, title));
}

function remedyRow(remedy) {
  const name = element('span', {}, said(remedy.name));
  return [name, gib(remedy.needed_bytes), gib(remedy.saves_bytes), fitMark(remedy.fits), costOf(remedy), useButton(remedy.commands, name.textContent)];
}

function remedyTable(remedies) {
  const columns = [{title: t('remedy')}, {title: t('needs.then'), number: true}, {title: t('saves'), number: true}, {title: t('fits.title')},
    {title: t('costs')}, {title: ''}];
  return table(t('remedies'), columns, remedies.map(remedyRow));
}

/** Those that are none here, with the reason. */
function absentNodes(remedies) {
  if (remedies.length === 0) return null;
  return element('details', {}, element('summary', {}, t('remedies.none')),
    element('ul', {}, ...remedies.map((remedy) => element('li', {}, said(remedy.name ?? remedy.kind), t('colon'),
      remedy.reason === null ? t('saves.nothing') : said(remedy.reason)))));
}

const helps = (remedy) => remedy.needed_bytes !== null && remedy.saves_bytes > 0;

export function showAdvice(advice) {
  const nodes = [];
  showWayOut(advice);
  byId('keeps').hidden = advice.fits;
  if (advice.fits) nodes.push(element('p', {}, t('advice.fits', {gpu: advice.gpu})));
  else if (advice.plan) nodes.push(planNodes(advice.plan, t('plan')));
  else nodes.push(element('p', {class: 'note'}, t('plan.none')));
  if (advice.fits) return byId('advice').replaceChildren(...nodes);
  if (advice.plan_in_these_formats) nodes.push(planNodes(advice.plan_in_these_formats, t('plan.formats')));
  const helping = advice.remedies.filter(helps);
  if (helping.length > 0) nodes.push(element('h3', {}, t('remedies')), remedyTable(helping));
  nodes.push(absentNodes(advice.remedies.filter((remedy) => !helps(remedy))));
  byId('advice').replaceChildren(...nodes.filter((node) => node !== null));
}

/** Instead of advice, why there is none. */
export function showNoAdvice(nodes) {
  byId('keeps').hidden = true;
  byId('way-out').replaceChildren();
  byId('advice').replaceChildren(element('p', {class: 'help'}, ...nodes));
}

export function nameAdviceControls() {
  byId('keeps').replaceChildren(element('span', {class: 'help'}, t('keep')), ...keeps.map((word) => {
    const box = element('input', {type: 'checkbox', id: word});
    box.checked = value(word) !== '';
    box.addEventListener('change', () => change({[word]: box.checked ? '1' : ''}));
    return element('label', {class: 'check'}, box, ` ${t(word)}`);
  }));
}

export function showKeeps() {
  for (const word of keeps) byId(word).checked = value(word) !== '';
}
