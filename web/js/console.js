/* What all pages of the console share: the bar with the pages of the person's role, language, and logging out. A page
 * has <header id="bar"> and <main id="main">, and begins with `const person = await startConsole(…)`. */

import { logout, whoAmI } from './api.js';
import { startLanguage, t, translatePage, useLanguageOf } from './i18n.js';
import { PageState } from './page_state.js';
import { el } from './timetable_words.js';
import { loginAddress } from './way_back.js';

const OVERVIEW = ['coordinator', 'inspector', 'system_admin'];
const SETUP = ['coordinator', 'system_admin'];

/* In the bar's order. name: console.NAME and console.NAME_hint are its words, icons.svg#NAME its picture. */
const PAGES = [
  { name: 'exceptions', roles: OVERVIEW },
  { name: 'timetable', roles: OVERVIEW },
  { name: 'schools', roles: OVERVIEW },
  { name: 'bells', roles: OVERVIEW },
  { name: 'pairings', roles: OVERVIEW },
  { name: 'reports', roles: OVERVIEW },
  { name: 'devices', roles: OVERVIEW },
  { name: 'import', roles: SETUP },
  { name: 'load', roles: ['system_admin'] },
  { name: 'accounts', roles: ['coordinator', 'system_admin', 'security_admin', 'audit_admin'] },
];

export const pagesOf = (person) => (person ? PAGES.filter((page) => page.roles.includes(person.role)) : []);
export const pageUrl = (page) => `/${page.name}.html`;

export function icon(name) {
  const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `/icons.svg#${name}`);
  picture.append(use);
  return picture;
}

/** A button that shows and hides a part of the bar; Escape and a press elsewhere hide it again. */
function opener(button, panel) {
  const open = (shown) => {
    button.setAttribute('aria-expanded', String(shown));
    panel.classList.toggle('shown', shown);
  };
  button.addEventListener('click', () => open(button.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('click', (event) => {
    if (!button.contains(event.target) && !panel.contains(event.target)) open(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true') return;
    open(false);
    button.focus();
  });
  open(false);
}

function links(person) {
  const pages = pagesOf(person);
  const list = el('ul', { id: 'bar-pages' }, ...pages.map((page) => el('li', {}, el('a', {
    href: pageUrl(page), 'data-t': `console.${page.name}`,
    'aria-current': location.pathname === pageUrl(page) ? 'page' : false,
  }))));
  const button = el('button', { type: 'button', class: 'quiet bar-menu', 'aria-controls': 'bar-pages', 'data-t-label': 'console.menu' }, icon('menu'));
  if (pages.length === 0) return [];
  opener(button, list);
  return [el('nav', { 'data-t-label': 'console.pages' }, button, list)];
}

function personMenu(person) {
  const panel = el('div', { id: 'person-menu', class: 'bar-panel' },
    el('p', { class: 'hint', 'data-t': `role.${person.role}` }),
    el('a', { class: 'button quiet', href: '/profile.html', 'data-t': 'console.profile' }),
    el('button', { id: 'logout', type: 'button', class: 'quiet', 'data-t': 'home.logout', onclick: leave }));
  const button = el('button', { id: 'person', type: 'button', class: 'quiet', 'aria-controls': 'person-menu' },
    el('span', { class: 'person-name' }, person.name), icon('down'));
  opener(button, panel);
  return el('div', { class: 'bar-person' }, button, panel);
}

async function leave() {
  try { await logout(); } catch { /* the home page asks anew who is logged in */ }
  location.assign('/');
}

/** Fills the bar for a person, null for nobody. */
export function showPerson(person) {
  const bar = document.getElementById('bar');
  for (const old of bar.querySelectorAll('nav, .bar-person')) old.remove();
  bar.querySelector('.brand').after(...links(person));
  if (person) bar.append(personMenu(person));
  translatePage(bar);
}

function titlePage() {
  const page = PAGES.find((each) => pageUrl(each) === location.pathname);
  if (page) document.title = `${t(`console.${page.name}`)} · Duet`;
}

/** Draws the bar and speaks the person's language; onLanguage runs after each switch, and once now. */
export async function startBar(onLanguage = () => {}) {
  document.getElementById('bar').append(
    el('a', { class: 'brand', href: '/' },
      el('img', { src: '/icon.svg', alt: '', width: 28, height: 28 }), el('span', { class: 'brand-name' }, 'Duet')),
    el('span', { class: 'bar-space' }),
    el('button', { id: 'language', class: 'quiet', type: 'button' }));
  document.body.prepend(el('a', { class: 'skip', href: '#main', 'data-t': 'console.skip' }));
  await startLanguage(() => {
    titlePage();
    /* what was said of the last thing done was said in the other language */
    for (const said of document.querySelectorAll('.status')) said.textContent = '';
    onLanguage();
  });
}

/**
 * Starts a page of the console and returns who is logged in; without a login the home page asks for it and leads back
 * here. While the server cannot be reached the page says so and offers to try again. onLanguage may run before this
 * returns.
 */
export async function startConsole({ onLanguage } = {}) {
  const state = new PageState();
  await startBar(onLanguage);
  for (;;) {
    try {
      state.loading();
      const person = await whoAmI();
      if (person && !person.must_change) {
        await useLanguageOf(person);
        showPerson(person);
        const page = PAGES.find((each) => pageUrl(each) === location.pathname);
        if (!page || page.roles.includes(person.role)) return person;
        state.notFor(page.roles);
        await new Promise(() => {}); /* nothing else is here for them */
      }
      location.assign(person ? '/profile.html' : loginAddress());
      await new Promise(() => {}); /* the next page is on its way */
    } catch (error) {
      await new Promise((again) => { state.failed(error, again); });
    }
  }
}
