import { adminTexts } from './admin.ts';
import { auditTexts } from './audit.ts';
import type { Texts } from './define.ts';
import { deviceTexts } from './device.ts';
import { enrolmentTexts } from './enrolment.ts';
import { availabilityTexts } from './operation/availability.ts';
import { calendarTexts } from './operation/calendar.ts';
import { commandTexts } from './operation/commands.ts';
import { configurationTexts } from './operation/configuration.ts';
import { notificationTexts } from './operation/notifications.ts';
import { policyTexts } from './operation/policies.ts';
import { problemTexts } from './operation/problems.ts';
import { organisationTexts } from './organisation.ts';
import { overviewTexts } from './overview.ts';
import { accountTexts } from './people/account.ts';
import { passkeyTexts } from './people/passkeys.ts';
import { peopleTexts } from './people/people.ts';
import { supplierTexts } from './people/suppliers.ts';
import { rigTexts } from './rig.ts';
import { shellTexts } from './shell.ts';
import { stateTexts } from './states.ts';
import { troubleTexts } from './trouble.ts';
import { upkeepTexts } from './upkeep.ts';

/** Every text of the page, by key. */
export const texts = {
  ...shellTexts,
  ...stateTexts,
  ...overviewTexts,
  ...deviceTexts,
  ...adminTexts,
  ...enrolmentTexts,
  ...organisationTexts,
  ...peopleTexts,
  ...accountTexts,
  ...passkeyTexts,
  ...supplierTexts,
  ...auditTexts,
  ...calendarTexts,
  ...commandTexts,
  ...policyTexts,
  ...upkeepTexts,
  ...configurationTexts,
  ...availabilityTexts,
  ...problemTexts,
  ...rigTexts,
  ...troubleTexts,
  ...notificationTexts,
};
export type TextKey = keyof typeof texts;

/** The texts of one language as i18next reads them: a text with a singular becomes `key_one` and `key_other`. */
export function resourcesOf(language: 'vi' | 'en'): Record<string, string> {
  const resources: Record<string, string> = {};
  for (const [key, text] of Object.entries<Texts[string]>(texts)) {
    if (text.enOne === undefined) {
      resources[key] = text[language];
      continue;
    }
    resources[`${key}_other`] = text[language];
    if (language === 'en') resources[`${key}_one`] = text.enOne;
  }
  return resources;
}
