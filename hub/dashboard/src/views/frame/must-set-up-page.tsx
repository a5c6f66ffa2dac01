import { useQueryClient } from '@tanstack/react-query';
import { useText } from '../../text/use-text.ts';
import { TwoStepSetup } from '../account/two-step-setup.tsx';

/** In place of every page, for whoever has a role that asks for a second step and has none. */
export function MustSetUpPage() {
  const { t } = useText();
  const client = useQueryClient();
  return (
    <main className="sign-in">
      <div>
        <section className="card stack">
          <h1 style={{ fontSize: '1.375rem' }}>{t('step.setUp')}</h1>
          <p>{t('step.must')}</p>
          <TwoStepSetup onDone={() => client.invalidateQueries()} />
        </section>
      </div>
    </main>
  );
}
