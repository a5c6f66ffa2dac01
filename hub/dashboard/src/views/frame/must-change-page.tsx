import { useQueryClient } from '@tanstack/react-query';
import { useText } from '../../text/use-text.ts';
import { PasswordForm } from './password-form.tsx';

/** In place of every page, for whoever came in by a password that was handed out. */
export function MustChangePage() {
  const { t } = useText();
  const client = useQueryClient();
  return (
    <main className="sign-in">
      <div>
        <section className="card stack">
          <h1 style={{ fontSize: '1.375rem' }}>{t('password.change')}</h1>
          <p>{t('password.must')}</p>
          <PasswordForm onChanged={() => client.invalidateQueries()} />
        </section>
      </div>
    </main>
  );
}
