/**
 * The first-visit tour: enqueue a demo account, break the identity provider, fix it, and watch how the server
 * reacts. Shown only with the built-in simulator, whose accounts exist nowhere else.
 */

import { useSearchParams } from 'wouter';
import { usePermissions } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import type { Totals } from '../lead-card.tsx';
import { Steps } from './steps.tsx';
import { advanceTour, restartTour, useTourState } from './tour-state.ts';

const TourQuery = graphql(`
  query Tour {
    simulator { fault }
    identityProvider { circuit { state cause nextProbeAt } }
  }
`);

/** Shown on an installation without entries, while the tour is in progress, and when the address asks for it. */
export function Tour({ totals }: { readonly totals: Totals }) {
  const [search, setSearch] = useSearchParams();
  const state = useTourState();
  const may = usePermissions();
  const mayBreak = may('setSimulatorFault').isAllowed && may('enqueueAccounts').isAllowed;
  const isAsked = search.has('tour');
  const isEmpty =
    totals.pendingCount +
      totals.processingCount +
      totals.completedCount +
      totals.failedCount +
      totals.cancelledCount ===
    0;
  const isWanted = isAsked || (!state.isDismissed && (isEmpty || state.first !== undefined));
  const result = useLiveQuery({
    query: TourQuery,
    variables: {},
    on: ['CIRCUIT'],
    everyMs: 3_000,
    isPaused: !isWanted || !mayBreak,
  });
  if (!isWanted || !mayBreak || result.data?.simulator == null) return null;
  const leave = (): void => {
    advanceTour({ isDismissed: true });
    if (isAsked) setSearch({}, { replace: true });
  };
  const again = (): void => {
    restartTour();
    // The queue is no longer empty, so only the address keeps the tour visible.
    setSearch({ tour: '1' }, { replace: true });
  };
  return (
    <Card
      title="See it work, in two minutes"
      hint="Accounts are created at the built-in simulator only."
      actions={
        <>
          {state.first !== undefined && (
            <Button isSmall kind="ghost" onClick={again}>
              Start again
            </Button>
          )}
          <Button isSmall kind="ghost" onClick={leave}>
            {state.isMended ? 'Done' : 'Not now'}
          </Button>
        </>
      }
    >
      <Steps circuit={result.data.identityProvider?.circuit} fault={result.data.simulator.fault} />
    </Card>
  );
}
