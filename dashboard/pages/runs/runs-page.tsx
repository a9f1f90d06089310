import { Page } from '../../ui/page.tsx';

export default function StillToCome() {
  return <Page title="runs">Not written yet.</Page>;
}
