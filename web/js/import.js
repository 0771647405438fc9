/* Importing and exporting. */

import { listOf } from './api.js';
import { showCalendars } from './calendar_links.js';
import { startConsole } from './console.js';
import { showExports } from './exports.js';
import { chooseKinds, showImport } from './import_file.js';
import { PageState } from './page_state.js';

const county = { person: null, organisations: [], rooms: [], people: [], terms: [], calendars: [] };
let state = null;

async function load() {
  const lists = ['organisations', 'rooms', 'people', 'terms', 'calendars'];
  (await Promise.all(lists.map(listOf))).forEach((list, index) => { county[lists[index]] = list; });
}

function show() {
  chooseKinds(county.person);
  showImport();
  showExports(county);
  showCalendars(county);
}

async function start() {
  state.loading();
  try {
    await load();
    state.arrived();
    state.ready();
    show();
  } catch (error) {
    state.failed(error, start);
  }
}

/* People and rooms that were imported can be chosen at once. */
document.addEventListener('duet-imported', async () => {
  try {
    await load();
    showExports(county);
    showCalendars(county);
  } catch { /* the lists are as they were; what was imported was told */ }
});

county.person = await startConsole({ onLanguage: () => { if (state?.asOf) show(); } });
state = new PageState();
await start();
