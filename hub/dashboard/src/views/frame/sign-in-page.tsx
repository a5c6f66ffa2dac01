import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useText } from '../../text/use-text.ts';
import { safeTarget } from '../search.ts';
import { LanguageControl, ThemeControl } from './display-controls.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { SsoRefused } from './single-sign-on.tsx';

/** The door. After it the person stands on the page that they asked for. */
export function SignInPage() {
  const { t } = useText();
  const router = useRouter();
  const client = useQueryClient();
  const { to, refused } = useSearch({ from: '/sign-in' });
  const title = t('signIn.title');
  useEffect(() => {
    document.title = `${title} · Edufleet`;
  }, [title]);
  return (
    <main className="sign-in">
      <div>
        <section className="card stack">
          <span className="brand">
            <img src="/mark.svg" alt="" />
            Edufleet
          </span>
          <div>
            <h1 style={{ fontSize: '1.375rem' }}>{title}</h1>
            <p className="soft">{t('app.tagline')}</p>
          </div>
          {refused ? <SsoRefused why={refused} /> : null}
          <SignInForm
            onSignedIn={() => {
              client.clear();
              router.history.push(safeTarget(to));
            }}
          />
          <p className="soft small">{t('signIn.help')}</p>
        </section>
        <div className="sign-in-foot">
          <LanguageControl />
          <ThemeControl />
        </div>
      </div>
    </main>
  );
}
