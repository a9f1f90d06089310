import { describe, expect, it } from 'vitest';
import { afterAttempt, SUCCESS_PRECISION_MS, type WebhookHealth } from './outcome.rules.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const DAY = 86_400_000;
const well: WebhookHealth = { state: 'active', failingSince: null, lastSuccessAt: ago(DAY) };
const stands = (health: WebhookHealth, outcome: Parameters<typeof afterAttempt>[1]) =>
  afterAttempt(health, outcome, NOW, 5 * DAY);

describe('afterAttempt', () => {
  it('a success ends a failing time, and is written once a second', () => {
    expect(stands(well, 'delivered')).toEqual({ ...well, lastSuccessAt: NOW });
    const recent = { ...well, lastSuccessAt: ago(SUCCESS_PRECISION_MS - 1) };
    expect(stands(recent, 'delivered')).toBe(recent);
    expect(stands({ ...recent, failingSince: ago(1) }, 'delivered')).toEqual({ ...well, lastSuccessAt: NOW });
  });

  it('the first failure begins one, and further ones change nothing', () => {
    const failing = stands(well, 'rejected');
    expect(failing).toEqual({ ...well, failingSince: NOW });
    expect(stands(failing, 'timed_out')).toBe(failing);
  });

  it('disables what fails for too long, or is gone, and only what is active', () => {
    const long = { ...well, failingSince: ago(5 * DAY) };
    expect(stands(long, 'not_connected')).toEqual({ ...long, state: 'disabled' });
    expect(stands({ ...long, failingSince: ago(5 * DAY - 1) }, 'not_connected').state).toBe('active');
    expect(stands(well, 'gone')).toEqual({ ...well, state: 'disabled', failingSince: NOW });
    expect(stands({ ...long, state: 'paused' }, 'gone').state).toBe('paused');
  });

  it('what the node broke off says nothing', () => {
    expect(stands({ ...well, failingSince: ago(9 * DAY) }, 'interrupted').state).toBe('active');
  });
});
