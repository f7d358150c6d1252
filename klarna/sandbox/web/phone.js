// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0
// @ts-check

// Asks how the payment request stands and loads the page again once that has changed. The page works
// without this script; it then shows the state of the last button.
"use strict";

const shown = document.body.dataset;

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const now = await answer.json();
      if (now.state !== shown.state || String(now.finalized) !== shown.paid) {
        location.reload();
        return;
      }
    } else if (answer.status === 404 && shown.state) {
      location.reload();
      return;
    }
  } catch {
    // The sandbox is gone or the network is: the next look will tell.
  }
  setTimeout(look, 1500);
}

setTimeout(look, 1500);
