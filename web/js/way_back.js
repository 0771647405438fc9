/* Where a login leads back to: the page that was asked for, with its query and its fragment, as ?next= of the home page. */

const PAGE = /^\/[a-z]+\.html(\?[\w=&%.+-]*)?(#[\w=&%.+-]*)?$/;

/** The address of the home page that leads back here. A ticket in the fragment stays out of it: queries are logged. */
export function loginAddress() {
  const fragment = location.hash.startsWith('#ticket=') ? '' : location.hash;
  return `/?next=${encodeURIComponent(location.pathname + location.search + fragment)}`;
}

/** The page of this site that ?next= names; null without one. */
export function nextPage() {
  const next = new URLSearchParams(location.search).get('next');
  return next && PAGE.test(next) ? next : null;
}
