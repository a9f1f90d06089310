import { describe, expect, it } from 'vitest';
import { createdUserId, foundUser, isMessage, ownOrganizationId } from './zitadel-messages.rules.ts';

describe('reading answers', () => {
  const user = { userId: 'u1', username: 'lena' };

  it('takes the organization from the user, or from where older servers put it', () => {
    const inner = { user: { ...user, details: { resourceOwner: 'o1' } }, details: { resourceOwner: 'o2' } };
    expect(foundUser(JSON.stringify(inner))?.organizationId).toBe('o1');
    const outer = { user, details: { resourceOwner: 'o2' } };
    expect(foundUser(JSON.stringify(outer))).toEqual({ ...user, organizationId: 'o2' });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"user":null}',
    '{"user":{"userId":"u1","username":"lena"}}',
    '{"user":{"userId":"u1","details":{"resourceOwner":"o1"}}}',
    '{"user":{"userId":7,"username":"lena","details":{"resourceOwner":"o1"}}}',
    '<html>',
  ])('finds no user in %j', (body) => {
    expect(foundUser(body)).toBeUndefined();
  });

  it.each([
    ['{"id":"u1"}', 'u1'],
    ['{"id":""}', undefined],
    ['{"id":1}', undefined],
    ['{"id":"u1"', undefined],
    ['"u1"', undefined],
  ])('reads the new id of %j', (body, id) => {
    expect(createdUserId(body)).toBe(id);
  });

  it('reads the organization of the start-up check', () => {
    expect(ownOrganizationId('{"org":{"id":"o1"}}')).toBe('o1');
    expect(ownOrganizationId('{"org":{}}')).toBeUndefined();
  });

  it('tells a message from a page', () => {
    expect(isMessage('{}')).toBe(true);
    expect(isMessage('[]')).toBe(false);
    expect(isMessage('<html>')).toBe(false);
  });
});
