// Steps that print PASS or FAIL, and witnesses of PARITY.md: what lib.sh is for shell.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const REPO = path.resolve(__dirname, '..', '..');
const FOLDER = path.join(process.env.CARGO_TARGET_DIR || path.join(REPO, 'target'), 'parity');
const ROWS = new Set(
  fs.readFileSync(path.join(REPO, 'PARITY.md'), 'utf8').split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|')[1].trim()),
);

class Steps {
  constructor(name) {
    this.name = name;
    this.passed = 0;
    this.failed = 0;
  }

  check(text, condition, rows, detail) {
    if (!condition) {
      this.failed += 1;
      console.log(`FAIL ${this.name}: ${text}${detail === undefined ? '' : `: ${JSON.stringify(detail)}`.slice(0, 600)}`);
      return;
    }
    this.passed += 1;
    console.log(`PASS ${this.name}: ${text}`);
    fs.mkdirSync(FOLDER, { recursive: true });
    for (const row of rows) {
      if (!ROWS.has(row)) throw new Error(`PARITY.md has no row ${row}`);
      const file = path.join(FOLDER, row);
      const count = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8').split('\t')[0]) : 0;
      fs.writeFileSync(file, `${count + 1}\ttests/clients/${this.name}\n`);
    }
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed > 0 || this.passed === 0 ? 1 : 0);
  }
}

module.exports = { Steps };
