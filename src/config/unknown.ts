/** Variables that look like settings and are none. Only names are told, never values. */
import { distance } from 'fastest-levenshtein';

/** What a .env may hold for others: the compose file beside it, Node, PostgreSQL's clients. */
const OF_OTHERS =
  /^(POSTGRES_PASSWORD|GRAFANA_ADMIN_PASSWORD|ZITADEL_MASTERKEY|SEQ_ACCEPT_EULA|SEQ_ADMIN_PASSWORD|TZ|(NO|FORCE)_COLOR|(COMPOSE|DOCKER|NODE|NPM|PG)_?[A-Z_]+|(HTTPS?|NO|ALL)_PROXY)$/i;

/**
 * A sentence for each name that is no setting, with the setting that is nearest: of the environment,
 * which is full of others' names, for those that are near; of a .env, for every one.
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
      return dotenv.includes(name)
        ? [`${name} in .env is not a setting, and nothing reads it. ${nearest} is the nearest.`]
        : [];
    });
}

/** The longer the name, the more of it may be wrong; short ones are near to too much. */
function isNear(key: string, name: string): boolean {
  const allowed = key.length >= 12 ? 3 : key.length >= 9 ? 2 : key.length >= 6 ? 1 : 0;
  return allowed > 0 && distance(key, name) <= allowed;
}
