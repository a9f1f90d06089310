import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerOfClaims, claimOf } from './claims.rules.ts';

const FAMILY = '0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11';
const rules = {
  roleClaim: 'roles',
  roles: new Map([
    ['hub-admin', 'admin'],
    ['hub-operator', 'operator'],
    ['hub-enqueuer', 'enqueuer'],
    ['hub-viewer', 'viewer'],
  ] as const),
  familyClaim: undefined,
};
const roleOf = (roles: unknown) => {
  const answer = callerOfClaims({ sub: 's', roles }, rules);
  return 'caller' in answer ? answer.caller.role : answer.isForbidden && 'forbidden';
};

describe('roles', () => {
  it.each([
    ['a text', 'hub-viewer', 'viewer'],
    ['a list', ['other', 'hub-operator'], 'operator'],
    ['an object, as Zitadel writes it', { 'hub-enqueuer': { '273': 'org.example' } }, 'enqueuer'],
    ['several: the strongest', ['hub-viewer', 'hub-admin', 'hub-operator'], 'admin'],
    ['several: changing before seeing', ['hub-viewer', 'hub-enqueuer'], 'enqueuer'],
    ['none of ours', ['HUB-ADMIN', 'admin'], 'forbidden'],
    ['none at all', undefined, 'forbidden'],
    ['nonsense', [1, null, { 'hub-admin': 1 }], 'forbidden'],
    ['nothing', null, 'forbidden'],
    ['what every object has', { constructor: 1 }, 'forbidden'],
  ])('are read from %s', (_what, roles, role) => expect(roleOf(roles)).toBe(role));

  it('are found under a name with dots, a name that is a URL, and a way into objects', () => {
    expect(claimOf({ 'https://a.example/roles': 'x' }, 'https://a.example/roles')).toBe('x');
    expect(claimOf({ realm_access: { roles: ['x'] } }, 'realm_access.roles')).toEqual(['x']);
    expect(claimOf({ 'a.b': 1, a: { b: 2 } }, 'a.b')).toBe(1);
    expect(claimOf({}, '__proto__.constructor')).toBeUndefined();
    expect(claimOf({ a: 'text' }, 'a.length')).toBeUndefined();
  });
});

describe('the family', () => {
  const familyOf = (family_id: unknown) => {
    const answer = callerOfClaims({ sub: 's', roles: 'hub-viewer', family_id }, { ...rules, familyClaim: 'family_id' });
    return 'caller' in answer ? answer.caller.familyId : answer.isForbidden && 'forbidden';
  };

  it.each([
    [FAMILY.toUpperCase(), FAMILY],
    ['*', null],
    [undefined, 'forbidden'],
    ['', 'forbidden'],
    [['*'], 'forbidden'],
    [`${FAMILY}x`, 'forbidden'],
  ])('%j is %j', (claim, family) => expect(familyOf(claim)).toBe(family));
});

it('who is bound to a family is another caller than without it, or with another', () => {
  const idOf = (family_id: string) => {
    const answer = callerOfClaims({ sub: 's', roles: 'hub-viewer', family_id }, { ...rules, familyClaim: 'family_id' });
    return 'caller' in answer && answer.caller.id;
  };
  expect(idOf('*')).toBe('oidc:s');
  expect(idOf(FAMILY)).toBe(`oidc:s@${FAMILY}`);
});

it('nobody is called what the server calls itself', () => {
  const nameOf = (name: string) => {
    const answer = callerOfClaims({ sub: 's', roles: 'hub-viewer', name }, rules);
    return 'caller' in answer && answer.caller.name;
  };
  expect(nameOf('Admin Token')).toBe('Admin Token (s)');
  expect(nameOf('the server (circuit)')).toBe('the server (circuit) (s)');
  expect(nameOf('Ann Server')).toBe('Ann Server');
});

describe('the name', () => {
  const nameOf = (claims: Record<string, unknown>) => {
    const answer = callerOfClaims({ sub: 'sub-1', roles: 'hub-viewer', ...claims }, rules);
    return 'caller' in answer && answer.caller.name;
  };

  it('is the first that can be seen, else the subject', () => {
    expect(nameOf({ name: 'Ada Adams', email: 'a@example.org' })).toBe('Ada Adams');
    expect(nameOf({ name: ' \u200b', preferred_username: 'ada' })).toBe('ada');
    expect(nameOf({ name: 7, email: 'a@example.org' })).toBe('a@example.org');
    expect(nameOf({})).toBe('sub-1');
  });

  it('forges no line and no terminal, whatever the issuer sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        expect(nameOf({ name })).toMatch(/^[^\p{C}]{1,200}$/u);
      }),
    );
    expect(nameOf({ name: 'Ada\r\nERROR \u001b[31mforged\u202e' })).toBe('Ada ERROR [31mforged');
  });
});

it.each([undefined, '', 7, 'x'.repeat(256), 'a\nb'])('a subject %j is none', (sub) => {
  expect(callerOfClaims({ sub, roles: 'hub-admin' }, rules)).toMatchObject({ isForbidden: false });
});
