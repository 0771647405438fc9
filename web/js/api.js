/* Calls to signaling's REST interface. Errors are ApiError with the server's own sentence. */

export class ApiError extends Error {
  constructor(status, detail, retryAfterS = 0, body = null) {
    super(detail);
    this.status = status; /* 0 = the server could not be reached */
    this.retryAfterS = retryAfterS;
    this.body = body; /* of the problem, when there was one */
  }
}

export async function problemOf(response) {
  let detail = response.statusText;
  let body = null;
  try {
    body = await response.json();
    detail = body.detail || body.title || detail;
  } catch { /* not every error has a body */ }
  return new ApiError(response.status, detail, Number(response.headers.get('Retry-After')) || 0, body);
}

const RETRY_AFTER_MS = 500;
const MAX_WAITS = 20;

async function send(path, request) {
  try {
    return await fetch(`/api/v1${path}`, { cache: 'no-store', ...request });
  } catch {
    throw new ApiError(0, 'unreachable');
  }
}

const withJson = (method, body) => (body === undefined ? { method }
  : { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function read(response) {
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

const call = async (method, path, body) => read(await send(path, withJson(method, body)));

/* Not crypto.randomUUID(): pages without HTTPS have none. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A POST that makes something, or a secret that is told once. When its answer is lost it is sent once more with the same
 * key, which makes nothing twice and gives the answer of the first time, once that is there. */
async function sendOnce(path, request) {
  const keyed = { ...request, headers: { ...request.headers, 'Idempotency-Key': `"${newKey()}"` } };
  let response;
  try {
    response = await send(path, keyed);
  } catch {
    await pause(RETRY_AFTER_MS);
    response = await send(path, keyed);
  }
  for (let waits = 0; response.status === 409 && response.headers.has('Retry-After') && waits < MAX_WAITS; waits += 1) {
    await pause(Number(response.headers.get('Retry-After')) * 1000);
    response = await send(path, keyed);
  }
  return read(response);
}

const create = (path, body) => sendOnce(path, withJson('POST', body));

export const login = (name, password) => call('POST', '/login', { name, password });
export const logout = () => call('POST', '/logout', {});
export const me = () => call('GET', '/me');
/** Is sent even when the page is left at once. */
export const myLanguage = async (language) => read(await send('/me', { ...withJson('PUT', { language }), keepalive: true }));
export const myPassword = (old, chosen) => call('POST', '/me/password', { old, new: chosen });
export const mySessions = async () => (await call('GET', '/me/sessions')).sessions;
export const endMySession = (id) => call('DELETE', `/me/sessions/${id}`, {});
export const endMyOtherSessions = () => call('DELETE', '/me/sessions', {});
/** Whether the server waits for its first administrator. */
export const isFirstStart = async () => (await call('GET', '/first')).first;
export const addFirst = (ticket, name, password) => call('POST', '/first', { ticket, name, password });
/** {accounts, organisations, may: 'all' | 'teachers' | ''} */
export const accounts = () => call('GET', '/accounts');
export const addPerson = (person) => create('/people', person);
export const changePerson = (id, changes) => call('PUT', `/people/${id}`, changes);
/** How many lessons are to come, of a person or under a pairing: {count, soon, first_day, last_day}. */
export const lessonsOfPerson = (id) => call('GET', `/people/${id}/lessons`);
export const lessonsOfPairing = (id) => call('GET', `/pairings/${id}/lessons`);
export const resetPassword = (id) => create(`/people/${id}/password`, {});
export const endSessionsOf = (id) => call('DELETE', `/people/${id}/sessions`, {});
/** filter: of person, event, from, to, before, what is to be heeded. → {entries, next} */
export const auditLog = (filter) => call('GET', `/audit?${new URLSearchParams(filter)}`);
export const verifyAudit = (after) => call('GET', `/audit/verify?after=${after}`);
export const mediaToken = (lesson) =>
  call('POST', `/lessons/${encodeURIComponent(lesson)}/media-token`, {});

/** What of its kind the person may see: 'organisations', 'rooms', 'people', 'terms'. */
export async function listOf(kind) {
  const rows = [];
  let next = null;
  do {
    const page = await call('GET', `/${kind}?limit=500${next ? `&cursor=${next}` : ''}`);
    rows.push(...page[kind]);
    next = page.next;
  } while (next);
  return rows;
}
export const addOrganisation = (organisation) => create('/organisations', organisation);
/** The server's answer says how many lessons have moved. Each change names the version that was seen. */
export const changeOrganisation = (organisation) => call('PUT', `/organisations/${organisation.id}`, organisation);
export const changeRoom = (room) => call('PUT', `/rooms/${room.id}`, room);
export const changeTerm = (term) => call('PUT', `/terms/${term.id}`, term);
/** kind: 'organisations', 'rooms', 'terms'. */
export const removeRow = (kind, { id, version }) => call('DELETE', `/${kind}/${id}`, { version });
export const addRoom = (room) => create('/rooms', room);
export const addTerm = (term) => create('/terms', term);
/** copy: {from, organisation, without}; what is in the way is in the error's body. */
export const copyTerm = (into, copy) => create(`/terms/${into}/copy`, copy);
export const addPairing = (pairing) => create('/pairings', pairing);
export const changePairing = (pairing) => call('PUT', `/pairings/${pairing.id}`, pairing);
export const removePairing = (id, version) => call('DELETE', `/pairings/${id}`, { version });
export const devices = () => call('GET', '/devices');
export const deviceOf = (id) => call('GET', `/devices/${id}`);
/** By the number of a code, never by the code. */
export const deviceCode = (id) => call('GET', `/device-codes/${id}`);
export const withdrawDeviceCode = (id) => call('DELETE', `/device-codes/${id}`, {});
export const revokeDevice = (id, inLesson) => call('DELETE', `/devices/${id}`, { in_lesson: inLesson });
/** What a box shall do: {command: 'check', picture} or {command: 'restart', in_lesson}. Asked twice it is the same command. */
export const askDevice = (id, wish) => call('POST', `/devices/${id}/commands`, wish);
export const deviceCommand = (id, command) => call('GET', `/devices/${id}/commands/${command}`);
export const addDeviceCode = (room, kind) => create('/device-codes', { room, kind });
export const schoolBells = (school) => call('GET', `/organisations/${school}/bells`);
/** The answers of what changes bells say which lessons move. set: {name, first_day, last_day, periods: [[start, end]]} */
export const addBells = (school, set) => create(`/organisations/${school}/bells`, set);
export const changeBells = (school, id, set) => call('PUT', `/organisations/${school}/bells/${id}`, set);
export const removeBells = (school, id, version) => call('DELETE', `/organisations/${school}/bells/${id}`, { version });
export const checkBells = (school, set) => call('POST', `/organisations/${school}/bells/check`, set);
export const putDay = (organisation, day, body) => call('PUT', `/organisations/${organisation}/days/${day}`, body);
export const clearDay = (organisation, day) => call('DELETE', `/organisations/${organisation}/days/${day}`, {});
export const systemFigures = () => call('GET', '/system');
export const exceptionsOf = (organisation) => call('GET', `/organisations/${organisation}/exceptions`);
/** by: 'school', 'room', 'teacher', 'subject'. */
export const reportOf = (organisation, by, from, to) => call('GET', `/organisations/${organisation}/reports/${by}/${from}/${to}`);
/** The week that a day is in; of one teacher's lessons, where a teacher is given. */
export const weekOf = (organisation, day, teacher = 0) =>
  call('GET', `/organisations/${organisation}/weeks/${day}${teacher ? `?teacher=${teacher}` : ''}`);
/** The school at which the week is best opened; null where there is none with lessons or bells. */
export const firstSchoolOf = async (organisation, day) => (await call('GET', `/organisations/${organisation}/weeks/${day}/school`)).school;
/** What is usually taught from a master room, the newest first: [{subject, teacher, receiving: [{room, teacher}]}] */
export const usualOf = async (room) => (await call('GET', `/rooms/${room}/usual`)).lessons;
export const entryOf = (id) => call('GET', `/timetable/${id}`);
export const checkEntry = (entry) => call('POST', '/timetable/check', entry);
export const addEntry = (entry) => create('/timetable', entry);
export const changeEntry = (entry) => call('PUT', `/timetable/${entry.id}`, entry);
export const removeEntry = (id, version) => call('DELETE', `/timetable/${id}`, { version });
export const addSubject = (subject) => create('/subjects', subject);
export const changeSubject = (id, subject) => call('PUT', `/subjects/${id}`, subject);
export const changeGrade = (number, grade) => call('PUT', `/grades/${number}`, grade);
/** clash: {kind, id, lessons: [id, id]}, and to ignore it a reason. */
export const ignoreClash = (clash) => create('/clashes/ignored', clash);
export const heedClash = (clash) => call('DELETE', '/clashes/ignored', clash);
export const setTextbook = (textbook) => call('POST', '/textbooks', textbook);
export const removeTextbook = (id) => call('DELETE', `/textbooks/${id}`, {});
export const lessonOf = (id) => call('GET', `/lessons/${id}/substitution`);
export const substitute = (id, change) => create(`/lessons/${id}/substitution`, change);
export const undoSubstitution = (id, place) => call('DELETE', `/lessons/${id}/substitution`, { place });
export const cancelLesson = (id, reason) => call('POST', `/lessons/${id}/cancel`, { reason });
export const restoreLesson = (id) => call('DELETE', `/lessons/${id}/cancel`, {});

/** A CSV file: only looked at, or all of it imported; what is wrong with it is in the answer, or in the error's body. */
export async function sendFile(kind, file, check) {
  const request = { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: file };
  return check ? read(await send(`/imports/${kind}/check`, request)) : sendOnce(`/imports/${kind}`, request);
}

/** kind: 'teacher', 'room', 'organisation'; the address comes back once. */
/** One's own lessons of the week that a day is in. */
export const myWeek = (day) => call('GET', `/me/weeks/${day}`);

export const addCalendar = (kind, subject, language) => create('/calendars', { kind, subject, language });
export const rotateCalendar = (id) => create(`/calendars/${id}/rotate`, {});
export const removeCalendar = (id) => call('DELETE', `/calendars/${id}`, {});

/** A single-use link carries its ticket in the fragment, which no server and no log ever sees. */
export async function redeemTicketFromLink() {
  const match = /^#ticket=([\w-]+)$/.exec(location.hash);
  if (!match) return;
  history.replaceState(null, '', location.pathname + location.search);
  try {
    await call('POST', '/tickets/redeem', { ticket: match[1] });
  } catch (error) {
    if (error.status === 0) throw error; /* a used ticket just leads to the login form */
  }
}

/** Who is logged in, or null. */
export async function whoAmI() {
  try {
    return await me();
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}
