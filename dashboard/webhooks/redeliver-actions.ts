/** Sending again what a webhook was sent: the same mutation takes one delivery or a span, and each is said as it is. */
import { redeliverWebhook } from '../actions/event-actions.ts';

/** Of a delivery that waits. */
export const sendNow: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Send now',
  explains: 'Makes the next attempt now and resets its retries. The receiver recognises the event by its id.',
};

export const sendSpanAgain: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Redeliver a range',
  explains:
    'Sends everything that failed in the range again, except tests. The receiver recognises each event by its id.',
  says: (payload) =>
    payload.redeliveredCount === 0
      ? 'Nothing to send again in this range. Tests are not sent again.'
      : redeliverWebhook.says(payload),
};
