/** Sending again what a webhook was sent: the same mutation takes one delivery or a span, and each is said as it is. */
import { redeliverWebhook } from '../actions/event-actions.ts';

/** Of a delivery that waits. */
export const sendNow: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Send now',
  explains:
    'Its next attempt is made at once, and its attempts are counted anew. The receiver knows the event by its id.',
};

export const sendSpanAgain: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Send a span again',
  explains: 'Sends once more what failed in the span, but no tests. The receiver knows each event by its id.',
  says: (payload) =>
    payload.redeliveredCount === 0
      ? 'There was nothing in the span to send again; tests are not.'
      : redeliverWebhook.says(payload),
};
