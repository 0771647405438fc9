/* Why the server refused, in words of the page's language: by the code of the refusal, else by what its status says,
 * else in the server's own sentence. docs/api.md has the codes. */

import { t, textOr } from './i18n.js';

/** Each {place} of the words from the problem's members; those that are words themselves (use: "master") as words. */
function valuesOf(error) {
  const members = Object.entries(error.body ?? {}).map(([key, value]) => [key, textOr(`refusal.${key}_${value}`, value)]);
  return { ...Object.fromEntries(members), message: error.message, seconds: error.retryAfterS || 30 };
}

/** A sentence. error: an ApiError. ids: {status: the id of what the page can say better than anyone}. */
export function reason(error, ids = {}) {
  if (error.status === 0) return t('common.server_unreachable');
  const values = valuesOf(error);
  const candidates = [ids[error.status], `refusal.${error.body?.code}`, `common.refused_${error.status}`];
  return candidates.map((id) => id && textOr(id, null, values)).find(Boolean) ?? error.message;
}
