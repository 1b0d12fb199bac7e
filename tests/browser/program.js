// Starts a program for a test, ends it by its id, and waits for what it does.
"use strict";
const { spawn } = require("node:child_process");

const deadline = 90_000; // milliseconds, for anything that is waited for

class Program {
  // Starts `command` and waits until a line of its log has `pattern`, whose match is then `ready`.
  static async start(command, pattern, options = {}) {
    const program = new Program();
    program.log = "";
    // It ends with the test, also when that is killed.
    program.process = spawn("setpriv", ["--pdeathsig", "KILL", ...command], { stdio: ["ignore", "ignore", "pipe"], ...options });
    program.ended = new Promise((resolve) => program.process.once("exit", resolve));
    program.process.stderr.setEncoding("utf8");
    const ready = new Promise((resolve, reject) => {
      const look = (text) => {
        program.log += text;
        const found = pattern.exec(program.log);
        if (found) resolve(found);
      };
      program.process.stderr.on("data", look);
      program.process.once("error", reject);
      program.ended.then(() => reject(new Error(`${command[0]} ended: ${program.log}`)));
      setTimeout(() => reject(new Error(`${command[0]} does not say ${pattern}: ${program.log}`)), deadline).unref();
    });
    try {
      program.ready = await ready;
    } catch (error) {
      await program.stop();
      throw error;
    }
    return program;
  }

  async stop() {
    if (this.process.pid === undefined) return; // it never ran
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

// Waits until `condition()` holds; it may fail meanwhile.
async function until(what, condition) {
  let last;
  for (const end = Date.now() + deadline; Date.now() < end; ) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${deadline / 1000} s: ${what} ${last ?? ""}`);
}

module.exports = { Program, deadline, until };
