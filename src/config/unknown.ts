/** Finds variables that look like settings but are not. Messages contain names, never values. */
import { distance } from 'fastest-levenshtein';

/** Variables that a .env may have for other programs: our client, Docker Compose, Node, PostgreSQL’s clients. */
const OF_OTHERS =
  /^(FAMILY_HUB_(URL|TOKEN)|POSTGRES_PASSWORD|GRAFANA_ADMIN_PASSWORD|ZITADEL_MASTERKEY|SEQ_ACCEPT_EULA|SEQ_ADMIN_PASSWORD|TZ|(NO|FORCE)_COLOR|(COMPOSE|DOCKER|NODE|NPM|PG)_?[A-Z_]+|(HTTPS?|NO|ALL)_PROXY)$/i;

/**
 * Returns a message with the nearest setting for each name that is not a setting: for all names from a
 * .env, and for names in the environment that are close to a setting, since most others belong to other
 * programs.
 */
export function unknownSettings(
  known: readonly string[],
  environment: readonly string[],
  dotenv: readonly string[] = [],
): string[] {
  return environment
    .filter((name) => !known.includes(name) && !OF_OTHERS.test(name))
    .flatMap((name) => {
      const written = name.toUpperCase();
      const [nearest = ''] = known.toSorted((one, other) => distance(one, written) - distance(other, written));
      const extended = known.findLast((key) => key.length >= 8 && written.startsWith(`${key}_`));
      const near = isNear(nearest, written) ? nearest : extended;
      if (near !== undefined) return [`${name} is not a setting. Did you mean ${near}?`];
      // The exporter reads these itself.
      const isOfTracing = name.startsWith('OTEL_');
      return dotenv.includes(name) && !isOfTracing
        ? [`${name} in .env is not a setting, and nothing reads it. ${nearest} is the nearest.`]
        : [];
    });
}

/** Longer names may differ in more letters; short names are close to too many others. */
function isNear(key: string, name: string): boolean {
  const allowed = key.length >= 12 ? 3 : key.length >= 9 ? 2 : key.length >= 6 ? 1 : 0;
  return allowed > 0 && distance(key, name) <= allowed;
}
