import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="queue">Not written yet.</Page>;
}
