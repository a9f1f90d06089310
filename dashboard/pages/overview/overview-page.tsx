import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="overview">Not written yet.</Page>;
}
