import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="alerts">Not written yet.</Page>;
}
