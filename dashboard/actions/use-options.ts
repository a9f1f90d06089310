/** The options of a field: a fixed list, or fetched when the field is shown. */
import { useEffect, useState } from 'react';
import type { ActionField, Option } from './action.ts';

const NONE: readonly Option[] = [];

export function useOptions(offered: ActionField['options']): readonly Option[] {
  const [fetched, setFetched] = useState<readonly Option[]>(NONE);
  useEffect(() => {
    if (typeof offered !== 'function') return;
    let isGone = false;
    // If they cannot be fetched, the field has no options; the rest of the dialog still works.
    void offered().then(
      (options) => !isGone && setFetched(options),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [offered]);
  return typeof offered === 'function' ? fetched : (offered ?? NONE);
}
