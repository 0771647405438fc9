/* People's accounts, or, for who reads it, the audit log. */

import { showAudit } from './audit_view.js';
import { showAccounts } from './accounts_view.js';
import { startConsole } from './console.js';

let view = null;
const person = await startConsole({ onLanguage: () => view?.show() });
view = person.role === 'audit_admin' ? showAudit(person) : showAccounts(person);
await view.load();
