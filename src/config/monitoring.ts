/** What monitoring asks of the database; part of the settings. */
import { duration, setting } from './values.ts';

export const MONITORING_SETTINGS = {
  METRICS_INTERVAL: setting({
    schema: duration(100),
    default: '10s',
    example: '30s',
    means:
      'How often one node reads for all what metrics tell of the database, while anybody scrapes. Rarer where that takes long: it has 2 % of one connection’s time.',
  }),
};
