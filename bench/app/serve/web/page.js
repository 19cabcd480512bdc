// SPDX-License-Identifier: MIT
// Puts the page together: controls change the question, the question asks the server, answers are shown.
import {nameAdviceControls, showAdvice, showKeeps, showNoAdvice} from '/advice.js';
import {refusalBelow, showAnswer, showRefusal} from '/answer.js';
import {Asker, fetchDocument} from '/asking.js';
import {hasCard, nameCardControls, setCards, setUpCards, showCard} from '/cards.js';
import {setUpCommand, showCommand} from '/command.js';
import {nameComparisonControls, setUpComparison, showComparison} from '/comparison.js';
import {byId} from '/elements.js';
import {nameEngineControls, setEngine, setUpEngine, showEngine} from '/engine.js';
import {isExplanationOpen, showExplanation, showNoExplanation} from '/explanation.js';
import {nameFormatControls, setFormats, setUpFormats, showFormats} from '/formats.js';
import {showGrowth, showNoGrowth} from '/growth.js';
import {showInverse, showNoInverse} from '/inverse.js';
import {nameModelControls, setModels, setUpModels, showModel} from '/models.js';
import {adviceQuery, onChange, query, readAddress, restart, value} from '/question.js';
import {showNoRules, showRules} from '/rules.js';
import {showStack} from '/stack.js';
import {setUpLanguage, t} from '/texts.js';
import {setUpTheme, showTheme} from '/theme.js';
import {setUpUpload} from '/upload.js';
import {limitPrompt, nameWorkloadControls, setUpWorkload, showKept, showWorkload} from '/workload.js';

const heavyDelay = 250;  // milliseconds without a change before the dear questions are asked
const patience = 200;  // milliseconds that an answer may take while a newer question waits

const inverseWords = {'max-context': 1, 'max-batch': 1, 'best-format': 1, 'min-devices': 1};
const isAsked = () => value('model') !== '';
const needsCard = () => (hasCard() ? null : 'card.needed');

/** Shows an estimate in every place that it has. */
function showEstimate(estimate) {
  showAnswer(estimate);
  showStack(estimate);
  showComparison(estimate);
  showKept(estimate.workload);
  showCommand(estimate);
}

function showNoEstimate(refusal) {
  showRefusal(refusal);
  showComparison(null);
  showKept(null);
}

/** Each kind of question: where it is asked, where its answer goes, and why it may not be asked at all. */
const kinds = [
  {place: 'answer', address: () => `/api/estimate?${query()}`, show: showEstimate, refuse: showNoEstimate, delay: 0},
  {place: 'explanation', address: () => `/api/estimate?${query({explain: 1})}`, show: showExplanation, showNone: showNoExplanation,
    absence: () => (isExplanationOpen() ? null : 'explain.closed')},
  {place: 'inverse', address: () => `/api/estimate?${query(inverseWords)}`, show: showInverse, showNone: showNoInverse, absence: needsCard},
  {place: 'advice', address: () => `/api/advise?${adviceQuery()}`, show: showAdvice, showNone: showNoAdvice, absence: needsCard},
  {place: 'rules', address: () => `/api/estimate?${query({rules: 1})}`, show: showRules, showNone: showNoRules},
  {place: 'growth-answer', address: () => `/api/concurrency?${query({'up-to': 64}, {left: 'batch'})}`, show: showGrowth, showNone: showNoGrowth},
];

for (const kind of kinds) {
  const refuse = kind.refuse ?? ((refusal) => kind.showNone(refusalBelow(refusal)));
  // What was answered last is shown again when the language or the colours change.
  const keep = (show) => (answer) => { kind.again = () => show(answer); kind.again(); };
  kind.asker = new Asker(byId(kind.place), {delay: kind.delay ?? heavyDelay, patience: kind.delay === 0 ? patience : 0,
    onAnswer: keep(kind.show), onRefusal: keep(refuse)});
}

function ask() {
  for (const kind of kinds) {
    const absence = isAsked() ? kind.absence?.() ?? null : 'model.needed';
    if (absence === null) {
      kind.asker.ask(kind.address());
      continue;
    }
    kind.asker.stop();
    kind.again = () => (kind.showNone ?? showNothing)([t(absence)]);
    kind.again();
  }
}

function showNothing([text]) {
  showNoEstimate({problem: text, reason: '', remedy: ''});
}

function showQuestion() {
  showModel();
  showWorkload();
  showCard();
  showFormats();
  showEngine();
  showKeeps();
}

function nameControls() {
  for (const name of [nameModelControls, nameWorkloadControls, nameCardControls, nameFormatControls, nameEngineControls, nameComparisonControls,
    nameAdviceControls]) name();
}

const showAnswersAgain = () => { for (const kind of kinds) kind.again?.(); };

function setUp() {
  for (const prepare of [setUpWorkload, setUpCards, setUpFormats, setUpEngine, setUpComparison, setUpCommand, setUpUpload]) prepare();
  setUpModels(limitPrompt);
  setUpTheme(showAnswersAgain);
  setUpLanguage(byId('language'), () => { showTheme(); nameControls(); showQuestion(); showAnswersAgain(); });
  showTheme();
  byId('explain').addEventListener('toggle', ask);
  byId('reset').addEventListener('click', restart);
  byId('question').addEventListener('submit', (event) => event.preventDefault());
  window.addEventListener('popstate', () => { readAddress(); showQuestion(); ask(); });
  onChange(() => { showQuestion(); ask(); });
}

/** The lists of what there is; a list that does not come leaves its control as it is. */
async function fetchLists() {
  const list = (name, take) => fetchDocument(`/api/${name}`).then(take).catch(showRefusal);
  const runtimes = fetchDocument('/api/runtimes'), profiles = fetchDocument('/api/profiles').catch(() => []);
  await Promise.all([list('models', setModels), list('gpus', (cards) => { setCards(cards); nameComparisonControls(); }), list('formats', setFormats),
    Promise.all([runtimes, profiles]).then(([known, fitted]) => setEngine(known, fitted)).catch(showRefusal),
    list('version', ({version}) => { byId('program').textContent = `calibram ${version}`; })]);
  showAnswersAgain();
}

readAddress();
setUp();
nameControls();
showQuestion();
ask();
await fetchLists();
performance.mark('ready');
