/* The first administrator: through the link that the server's console shows, while there is nobody yet. */

import { addFirst, isFirstStart } from './api.js';
import { startBar } from './console.js';
import { chooseLanguage, language, t } from './i18n.js';
import { PageState } from './page_state.js';
import { chosenPassword, faultOfChoice, showChoice, wireLanguages } from './password_choice.js';
import { reason } from './refusals.js';
import { el } from './timetable_words.js';

const byId = (id) => document.getElementById(id);
/* It stays in the address until it was used: whoever reloads the page still has it, and no server sees a fragment. */
const ticket = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1] ?? '';
let state;

function close(why) {
  state.empty(why, el('a', { class: 'button primary', href: '/', 'data-t': 'first.to_login' }));
}

function say(text) {
  byId('error').textContent = text;
  byId('error').hidden = text === '';
}

async function look() {
  state.loading();
  try {
    if (!await isFirstStart()) close('first.closed');
    else if (ticket === '') close('first.no_link');
    else {
      state.ready();
      byId('name').focus();
    }
  } catch (error) {
    state.failed(error, look);
  }
}

byId('content').addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = byId('name').value.trim();
  const button = event.target.querySelector('button.primary');
  say(faultOfChoice(name));
  if (!byId('error').hidden) return;
  button.disabled = true;
  try {
    await addFirst(ticket, name, chosenPassword());
    location.replace('/');
  } catch (error) {
    if (error.status === 404) close(await isFirstStart().catch(() => true) ? 'first.wrong_link' : 'first.closed');
    else say(reason(error));
  } finally {
    button.disabled = false;
  }
});

showChoice(byId('choice'));
await startBar(() => { byId('speak').value = language(); });
wireLanguages(byId('speak'), language, chooseLanguage);
document.title = `${t('first.title')} · Duet`;
state = new PageState();
await look();
