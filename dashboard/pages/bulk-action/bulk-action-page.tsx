import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="bulk-action">Not written yet.</Page>;
}
