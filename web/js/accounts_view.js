/* Who has an account: finding one among thousands, adding, changing, a new password, ending and disabling. */

import { accounts as fetchAccounts, addPerson, changePerson, endSessionsOf, lessonsOfPerson, resetPassword } from './api.js';
import { openForm } from './form_dialog.js';
import { t } from './i18n.js';
import { isNamesake, personLabel } from './person_names.js';
import { PageState, redraw } from './page_state.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
const TEACHERS = ['master_teacher', 'local_teacher'];
const ROLES = ['coordinator', ...TEACHERS, 'inspector', 'system_admin', 'security_admin', 'audit_admin'];
const PAGE = 100;
let state;
let person;
let accounts = [];
let organisations = [];
let may = '';
let shownRows = PAGE;

function say(text, isError = false) {
  byId('status').textContent = text;
  byId('status').className = isError ? 'status error' : 'status';
}

const organisationName = (id) => organisations.find((each) => each.id === id)?.name ?? '';
const mayChange = (account) => account.login !== person.login && (may === 'all' || (may === 'teachers' && TEACHERS.includes(account.role)));

/** Of a county its schools, too. */
function isBelow(id, ancestor) {
  for (let at = organisations.find((each) => each.id === id); at; at = organisations.find((each) => each.id === at.parent)) {
    if (at.id === ancestor) return true;
  }
  return false;
}

function chosen() {
  const school = Number(byId('school').value);
  const role = byId('role').value;
  const text = byId('search').value.trim().toLowerCase();
  return accounts.filter((account) => (!school || isBelow(account.organisation, school)) && (!role || account.role === role) &&
    [account.name, account.login].some((name) => name.toLowerCase().includes(text)) && (byId('disabled').checked || !account.disabled));
}

const labelOf = (account) => personLabel(account, accounts);

function stateCell(account) {
  if (account.disabled) return el('td', { class: 'account-disabled' }, `✕ ${t('accounts.state_disabled')}`);
  if (account.must_change) return el('td', { class: 'account-waiting' }, `▲ ${t('accounts.state_waiting')}`);
  return el('td', {}, `● ${t('accounts.state_active')}`);
}

function button(account, action, run, isDanger = false) {
  return el('button', {
    type: 'button', class: isDanger ? 'danger' : '', 'aria-label': t(`accounts.${action}_of`, { name: labelOf(account) }), onclick: () => run(account),
  }, t(`accounts.${action}`));
}

function actions(account) {
  if (account.login === person.login) return el('td', { class: 'hint' }, t('accounts.yourself'));
  if (!mayChange(account)) return el('td');
  return el('td', {}, el('div', { class: 'row-buttons' }, button(account, 'edit', askEdit),
    ...(account.disabled ? [button(account, 'enable', enable)]
      : [button(account, 'reset', askReset), button(account, 'end', askEnd), button(account, 'disable', askDisable, true)])));
}

/* What they log in with, where the name does not say it. */
function nameCell(account) {
  const login = account.login !== account.name || isNamesake(account, accounts)
    ? [' ', el('span', { class: 'account-login' }, account.login)] : [];
  return el('th', { scope: 'row' }, account.name, ...login);
}

function row(account) {
  return el('tr', {}, nameCell(account), el('td', {}, t(`role.${account.role}`)),
    el('td', {}, organisationName(account.organisation)), stateCell(account), may ? actions(account) : '');
}

function table(rows) {
  const heads = ['name', 'role', 'school', 'state', ...(may ? ['actions'] : [])];
  return el('div', { class: 'table-frame', tabindex: 0, role: 'region', 'aria-label': t('console.accounts') }, el('table', { class: 'list stack' },
    el('thead', {}, el('tr', {}, ...heads.map((id) => el('th', { scope: 'col' }, t(`accounts.${id}`))))), el('tbody', {}, ...rows.map(row))));
}

function options(select, first, list) {
  const before = select.value;
  select.replaceChildren(el('option', { value: '' }, first), ...list.map(([value, text]) => el('option', { value }, text)));
  select.value = before;
}

function showNote() {
  const alone = may === 'all' && person.role === 'system_admin';
  byId('note').hidden = !alone && may !== '';
  byId('note').textContent = alone ? t('accounts.note_alone') : t('accounts.note_security');
}

function show() {
  if (!state?.asOf && accounts.length === 0) return;
  options(byId('school'), t('accounts.all_schools'), organisations.map((each) => [each.id, each.name]));
  options(byId('role'), t('accounts.all_roles'), ROLES.map((role) => [role, t(`role.${role}`)]));
  byId('add').hidden = may === '';
  showNote();
  const rows = chosen();
  const more = rows.length > shownRows ? [el('button', { id: 'more', type: 'button', class: 'more', onclick: () => { shownRows += PAGE; show(); } },
    t('accounts.more', { count: rows.length - shownRows }))] : [];
  redraw(byId('content'), rows.length ? table(rows.slice(0, shownRows)) : el('p', { class: 'empty' }, t('accounts.none')), ...more);
  state.ready();
}

async function load() {
  try {
    ({ accounts, organisations, may } = await fetchAccounts());
    state.arrived();
    show();
  } catch (error) {
    state.failedAgain(error, load);
  }
}

/* ---- adding and changing ---- */

function fields(account) {
  const roles = may === 'all' ? ROLES : TEACHERS;
  const schools = organisations.map((each) => [each.id, each.name]);
  return [{ name: 'name', label: t('accounts.name'), value: account.name },
    { name: 'login', label: t('accounts.login'), value: account.login, required: false },
    { name: 'role', label: t('accounts.role'), options: roles.map((role) => [role, t(`role.${role}`)]), value: account.role },
    { name: 'organisation', label: t('accounts.school'), options: may === 'all' ? [[0, t('accounts.no_school')], ...schools] : schools,
      value: account.organisation }];
}

const given = (answers) => ({ name: answers.name.trim(), login: answers.login.trim(), role: answers.role, organisation: Number(answers.organisation) });

async function askAdd() {
  const first = organisations.find((each) => each.kind === 'school') ?? organisations[0];
  const made = await openForm({
    title: t('accounts.add'), submit: t('accounts.add'), fields: fields({ name: '', login: '', role: 'local_teacher', organisation: first?.id ?? 0 }),
    save: async (answers) => ({ ...given(answers), ...await addPerson(given(answers)) }),
  });
  if (!made) return;
  await load();
  say(t('accounts.added', { name: made.name }));
  showOnce(made.name, made);
}

async function askEdit(account) {
  const done = await openForm({
    title: t('accounts.edit_of', { name: labelOf(account) }), submit: t('common.save'), fields: fields(account),
    save: async (answers) => changePerson(account.id, { version: account.version, ...given(answers) }),
  });
  if (!done) return;
  await load();
  say(t('accounts.changed', { name: done.name }));
}

/** The password is shown this once: nobody, not even the server, can show it again. */
function showOnce(name, { login, one_time_password: password }) {
  const dialog = byId('once');
  const copied = el('p', { class: 'status', role: 'status' });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(password);
      copied.textContent = t('accounts.copied');
    } catch { copied.textContent = t('accounts.copy_by_hand'); }
  };
  dialog.replaceChildren(el('h2', { id: 'once-title' }, t('accounts.once_title', { name })), el('p', {}, t('accounts.once_text')),
    el('p', { class: 'one-login', id: 'one-login' }, t('accounts.once_login', { login })),
    el('p', { class: 'one-time', id: 'one-time' }, password), copied,
    el('div', { class: 'buttons' }, el('button', { class: 'primary', type: 'button', onclick: copy }, t('accounts.copy')),
      el('button', { type: 'button', onclick: () => dialog.close() }, t('common.close'))));
  dialog.addEventListener('close', () => dialog.replaceChildren(), { once: true });
  dialog.showModal();
}

/* Two presses: the second one is in the dialog that says what it does. */
const ask = (account, action, save, note = null) => openForm({
  title: t(`accounts.${action}_question`, { name: labelOf(account) }), submit: t(`accounts.${action}`), fields: [], save, note,
});

async function askReset(account) {
  const done = await ask(account, 'reset', () => resetPassword(account.id));
  if (!done) return;
  await load();
  showOnce(account.name, done);
}

async function askEnd(account) {
  if (await ask(account, 'end', () => endSessionsOf(account.id))) say(t('accounts.ended', { name: labelOf(account) }));
}

/* Their lessons go on without them. */
async function lessonsNote(account) {
  const lessons = await lessonsOfPerson(account.id);
  return lessons.count > 0 ? t('accounts.disable_lessons', lessons) : '';
}

async function askDisable(account) {
  const disable = () => changePerson(account.id, { version: account.version, disabled: true });
  if (!await ask(account, 'disable', disable, () => lessonsNote(account))) return;
  await load();
  say(t('accounts.disabled', { name: labelOf(account) }));
}

async function enable(account) {
  try {
    await changePerson(account.id, { version: account.version, disabled: false });
    await load();
    say(t('accounts.enabled', { name: labelOf(account) }));
  } catch (error) {
    say(reason(error), true);
  }
}

export function showAccounts(who) {
  person = who;
  state = new PageState();
  state.loading();
  byId('people-tools').hidden = false;
  byId('add').addEventListener('click', askAdd);
  for (const id of ['school', 'role', 'search', 'disabled']) {
    byId(id).addEventListener('input', () => { shownRows = PAGE; show(); });
  }
  return { load, show };
}
