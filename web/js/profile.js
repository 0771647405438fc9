/* One's own account: language, password, and where one is logged in. Who has a password that was handed out comes here
 * first, and to nothing else. */

import { endMyOtherSessions, endMySession, myPassword, mySessions, whoAmI } from './api.js';
import { showPerson, startBar } from './console.js';
import { chooseLanguage, language, t, useLanguageOf } from './i18n.js';
import { PageState } from './page_state.js';
import { chosenPassword, clearChoice, faultOfChoice, showChoice, wireLanguages } from './password_choice.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';
import { nextPage } from './way_back.js';

const byId = (id) => document.getElementById(id);
let person = null;
let sessions = [];
let state;

function say(text) {
  byId('status').textContent = text;
}

function fail(text) {
  byId('error').textContent = text;
  byId('error').hidden = text === '';
}

const moment = (seconds) => new Intl.DateTimeFormat('zh-CN', {
  month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: person.zone,
}).format(new Date(seconds * 1000));

/** "Chromium, Linux" of what a browser calls itself. */
function browserName(agent) {
  const browser = [['Edg/', 'Edge'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']].find(([mark]) => agent.includes(mark));
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'], ['Linux', 'Linux']]
    .find(([mark]) => agent.includes(mark));
  return [browser?.[1] ?? t('profile.some_browser'), system?.[1]].filter(Boolean).join(', ');
}

function row(session) {
  const name = browserName(session.browser);
  return el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, session.address), el('td', {}, moment(session.begun)),
    el('td', {}, session.current ? t('profile.this_one') : moment(session.used)),
    el('td', {}, session.current ? '' : el('button', {
      type: 'button', 'aria-label': t('profile.end_one', { browser: name, address: session.address }), onclick: () => endOne(session.id),
    }, t('profile.end'))));
}

function showSessions() {
  const heads = ['browser', 'address', 'begun', 'used', 'actions'];
  byId('login-list').replaceChildren(el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('profile.logins') },
    el('table', { class: 'list' }, el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col' }, t(`profile.${id}`))))),
      el('tbody', {}, ...sessions.map(row)))));
  byId('end-others').hidden = sessions.length < 2;
}

function show() {
  byId('speak').value = language();
  document.title = `${t('console.profile')} · Duet`;
  if (!person) return;
  byId('who-name').textContent = person.name;
  byId('who-login').textContent = person.login;
  byId('who-role').textContent = t(`role.${person.role}`);
  byId('username').value = person.login;
  byId('must-change').hidden = !person.must_change;
  for (const id of ['who', 'logins']) byId(id).hidden = person.must_change;
  if (!person.must_change) showSessions();
}

async function endOne(id) {
  try {
    await endMySession(id);
  } catch (error) {
    if (error.status !== 404) { /* it has ended already: that was wanted */
      say(reason(error));
      return;
    }
  }
  await load();
  say(t('profile.ended'));
}

byId('end-others').addEventListener('click', async () => {
  try {
    const { ended } = await endMyOtherSessions();
    await load();
    say(t('profile.ended_others', { count: ended }));
  } catch (error) {
    say(reason(error));
  }
});

byId('password-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = event.target.querySelector('button.primary');
  const same = byId('old').value === chosenPassword();
  fail(same ? t('password.same') : faultOfChoice(person.name, person.login));
  if (!byId('error').hidden) return;
  button.disabled = true;
  try {
    await myPassword(byId('old').value, chosenPassword());
    byId('old').value = '';
    clearChoice();
    if (person.must_change) leave();
    else await load();
    say(t('profile.changed'));
  } catch (error) {
    fail(reason(error, { 429: 'login.too_many' }));
  } finally {
    button.disabled = false;
  }
});

/** To where they wanted to go before they were asked for another password. */
function leave() {
  location.replace(nextPage() ?? '/');
}

async function load() {
  try {
    person = await whoAmI();
    if (!person) {
      location.replace('/?next=/profile.html');
      return;
    }
    await useLanguageOf(person);
    sessions = person.must_change ? [] : await mySessions();
    showPerson(person);
    state.arrived();
    show();
    state.ready();
  } catch (error) {
    state.failedAgain(error, load);
  }
}

showChoice(byId('choice'));
await startBar(show);
wireLanguages(byId('speak'), language, chooseLanguage);
state = new PageState();
state.loading();
await load();
if (person?.must_change) byId('old').focus();
