/** Redelivery for webhooks: one mutation takes a single delivery or a time range, and each case has its own wording. */
import { redeliverWebhook } from '../actions/event-actions.ts';

/** For a delivery that is waiting. */
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
