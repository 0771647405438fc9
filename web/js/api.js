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

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch {
    throw new ApiError(0, 'unreachable');
  }
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

export const login = (name, password) => call('POST', '/login', { name, password });
export const logout = () => call('POST', '/logout', {});
export const me = () => call('GET', '/me');
export const mediaToken = (lesson) =>
  call('POST', `/lessons/${encodeURIComponent(lesson)}/media-token`, {});

/** What of its kind the person may see: 'organisations', 'rooms', 'people', 'terms'. */
export const listOf = async (kind) => (await call('GET', `/${kind}`))[kind];
export const addOrganisation = (organisation) => call('POST', '/organisations', organisation);
export const addRoom = (room) => call('POST', '/rooms', room);
export const addTerm = (term) => call('POST', '/terms', term);
export const addPairing = (pairing) => call('POST', '/pairings', pairing);
export const changePairing = (pairing) => call('PUT', `/pairings/${pairing.id}`, pairing);
export const removePairing = (id, version) => call('DELETE', `/pairings/${id}`, { version });
export const devices = () => call('GET', '/devices');
export const addDeviceCode = (room, kind) => call('POST', '/device-codes', { room, kind });
export const revokeDevice = (id) => call('DELETE', `/devices/${id}`, {});
export const schoolBells = (school) => call('GET', `/organisations/${school}/bells`);
/** The answers of what changes bells say which lessons move. set: {name, first_day, last_day, periods: [[start, end]]} */
export const addBells = (school, set) => call('POST', `/organisations/${school}/bells`, set);
export const changeBells = (school, id, set) => call('PUT', `/organisations/${school}/bells/${id}`, set);
export const removeBells = (school, id) => call('DELETE', `/organisations/${school}/bells/${id}`, {});
export const checkBells = (school, set) => call('POST', `/organisations/${school}/bells/check`, set);
export const putDay = (organisation, day, body) => call('PUT', `/organisations/${organisation}/days/${day}`, body);
export const clearDay = (organisation, day) => call('DELETE', `/organisations/${organisation}/days/${day}`, {});
/** by: 'school', 'room', 'teacher', 'subject'. */
export const reportOf = (organisation, by, from, to) => call('GET', `/organisations/${organisation}/reports/${by}/${from}/${to}`);
/** The week that a day is in. */
export const weekOf = (organisation, day) => call('GET', `/organisations/${organisation}/weeks/${day}`);
export const entryOf = (id) => call('GET', `/timetable/${id}`);
export const checkEntry = (entry) => call('POST', '/timetable/check', entry);
export const addEntry = (entry) => call('POST', '/timetable', entry);
export const changeEntry = (entry) => call('PUT', `/timetable/${entry.id}`, entry);
export const removeEntry = (id, version) => call('DELETE', `/timetable/${id}`, { version });
export const lessonOf = (id) => call('GET', `/lessons/${id}/substitution`);
export const substitute = (id, change) => call('POST', `/lessons/${id}/substitution`, change);
export const undoSubstitution = (id, place) => call('DELETE', `/lessons/${id}/substitution`, { place });
export const cancelLesson = (id, reason) => call('POST', `/lessons/${id}/cancel`, { reason });
export const restoreLesson = (id) => call('DELETE', `/lessons/${id}/cancel`, {});

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
