/* What no page and no request can do: rows that only time or a classroom makes, written into a stack's database. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs one statement with its values. */
export const alter = (stack, sql, ...values) => run('/usr/bin/python3', ['-c',
  `import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10); db.execute('PRAGMA foreign_keys = ON')
db.execute(sys.argv[2], sys.argv[3:]); db.commit()`,
  path.join(stack.folder, 'duet.db'), sql, ...values.map(String)]);

/** The rows of a query, each an array. */
export const rowsOf = async (stack, sql, ...values) => JSON.parse((await run('/usr/bin/python3', ['-c',
  `import json, sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=10)
print(json.dumps(db.execute(sys.argv[2], sys.argv[3:]).fetchall()))`,
  path.join(stack.folder, 'duet.db'), sql, ...values.map(String)])).stdout);
