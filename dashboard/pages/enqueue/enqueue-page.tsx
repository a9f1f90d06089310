import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="enqueue">Not written yet.</Page>;
}
