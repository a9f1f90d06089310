/**
 * Names of API tokens. A name is who acts, in the audit trail and in `token:<name>`, for ever: so
 * it is made only of what everybody sees and can tell apart, and never means two roles.
 */
import { isReserved } from '../reserved-names.rules.ts';

const LONGEST = 60;
const PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9 ._-]*[a-zA-Z0-9])?$/;

/** The problem with a name, or undefined. Look-alikes of other alphabets are no letters here. */
export function tokenNameProblem(name: string): { code: string; message: string } | undefined {
  if (name.length < 1 || name.length > LONGEST)
    return { code: 'INVALID_LENGTH', message: `A token's name has 1 to ${LONGEST} characters.` };
  if (isReserved(name))
    return {
      code: 'RESERVED',
      message: 'The trail calls somebody else so. Choose a name that says who uses the token.',
    };
  return PATTERN.test(name) && !name.includes('  ')
    ? undefined
    : {
        code: 'INVALID_CHARACTERS',
        message:
          "A token's name is made of a to z, A to Z, 0 to 9, and single spaces, dots, hyphens and underscores between them.",
      };
}
