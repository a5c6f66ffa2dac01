import { Anchor } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { usePasskeySupport } from '../../state/passkeys.ts';
import { useText } from '../../text/use-text.ts';
import { PasskeyForm } from '../account/passkey-form.tsx';
import { PasskeyObstacleNote } from '../account/passkey-refusal.tsx';
import { TwoStepSetup } from '../account/two-step-setup.tsx';

/** In place of every page, for whoever has a role that asks for a second step and has none. */
export function MustSetUpPage() {
  const { t } = useText();
  const client = useQueryClient();
  const here = usePasskeySupport();
  const [byKey, setByKey] = useState(false);
  const done = () => client.invalidateQueries();
  return (
    <main className="sign-in">
      <div>
        <section className="card stack">
          <h1 style={{ fontSize: '1.375rem' }}>{t('step.setUp')}</h1>
          <p>{t('step.must')}</p>
          {byKey ? <PasskeyForm onDone={done} /> : <TwoStepSetup onDone={done} />}
          {here ? <PasskeyObstacleNote {...here} /> : null}
          {here?.support === 'ready' ? (
            <Anchor component="button" type="button" onClick={() => setByKey(!byKey)}>
              {t(byKey ? 'passkey.or.code' : 'passkey.or.key')}
            </Anchor>
          ) : null}
        </section>
      </div>
    </main>
  );
}
