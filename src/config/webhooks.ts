/** Which addresses webhooks may call; part of the settings. */
import { z } from 'zod';
import { readNetwork } from '../addresses.ts';
import { setting } from './values.ts';

const networks = () =>
  z.string().transform((text, context) => {
    const parts = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
    if (parts.every((part) => readNetwork(part) !== undefined)) return parts;
    context.addIssue({ code: 'custom', message: 'is not a list of networks or addresses, separated by commas' });
    return z.NEVER;
  });

export const WEBHOOK_SETTINGS = {
  WEBHOOK_ALLOWED_NETWORKS: setting({
    schema: networks(),
    example: '127.0.0.0/8,10.20.0.0/16',
    means:
      'The networks of your own that webhooks may lead to, over plain http too, separated by commas. All other private addresses are refused, against server-side request forgery.',
  }),
} as const;
