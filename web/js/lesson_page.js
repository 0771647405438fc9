/* What the watch and publish pages share: who is here, which lesson, its media token. */

import { mediaToken, redeemTicketFromLink, whoAmI } from './api.js';
import { useLanguageOf } from './i18n.js';

/** The lesson this page is about, or null after sending the browser to the login form. */
export async function openLesson() {
  const id = new URLSearchParams(location.search).get('lesson');
  if (!id) {
    location.replace('/');
    return null;
  }
  await redeemTicketFromLink();
  const person = await whoAmI();
  if (!person) {
    const here = `${location.pathname}?lesson=${encodeURIComponent(id)}`;
    location.replace(`/?next=${encodeURIComponent(here)}`);
    return null;
  }
  if (person.must_change) {
    location.replace('/profile.html');
    return null;
  }
  await useLanguageOf(person);
  const lesson = person.lessons.find((other) => other.id === id) ?? { id, title: id };
  return { id, title: lesson.title, role: person.role, getToken: async () => (await mediaToken(id)).token };
}

/** URL of a WHIP or WHEP endpoint; without a source it is the whole lesson. */
export function endpoint(protocol, lesson, source) {
  const path = [lesson, source].filter(Boolean).map(encodeURIComponent).join('/');
  return new URL(`/${protocol}/${path}`, location.href).href;
}
