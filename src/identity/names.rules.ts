/**
 * Zitadel wants a given and a family name, both non-blank and of at most 200 characters;
 * Family Hub knows one full name. The first word becomes the given name and the rest the
 * family name, so that a surname of several words stays whole. Nobody is asked for a second
 * word that they do not have: a one-word name ("Oma") gets a dash as its family name, which
 * nobody takes for a name. People see the display name, which is the full name as it is.
 */

/** Zitadel's limit for each of the three, in Unicode code points. */
export const MAX_NAME_LENGTH = 200;

/** Stands where Zitadel insists on a name and there is none. */
export const NO_NAME = '-';

export interface ProfileNames {
  readonly givenName: string;
  readonly familyName: string;
  readonly displayName: string;
}

/** Splits a full name; all three results are trimmed and non-blank, also for a blank full name. */
export function profileNames(fullName: string): ProfileNames {
  // \s lacks U+0085, which Zitadel trims; control characters have no place in a name.
  const whole = fullName.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const gap = whole.indexOf(' ');
  return {
    givenName: limited(gap < 0 ? whole : whole.slice(0, gap)),
    familyName: limited(gap < 0 ? '' : whole.slice(gap + 1)),
    displayName: limited(whole),
  };
}

function limited(name: string): string {
  // Most names are short: count code points only where the limit could be passed.
  const cut = name.length <= MAX_NAME_LENGTH ? name : [...name].slice(0, MAX_NAME_LENGTH).join('').trim();
  return cut === '' ? NO_NAME : cut;
}
