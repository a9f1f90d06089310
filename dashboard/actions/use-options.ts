/** What a field offers: known, or fetched when it is asked for. */
import { useEffect, useState } from 'react';
import type { ActionField, Option } from './action.ts';

const NONE: readonly Option[] = [];

export function useOptions(offered: ActionField['options']): readonly Option[] {
  const [fetched, setFetched] = useState<readonly Option[]>(NONE);
  useEffect(() => {
    if (typeof offered !== 'function') return;
    let isGone = false;
    // What cannot be had leaves the field without choices; the rest of the dialog still does its work.
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
