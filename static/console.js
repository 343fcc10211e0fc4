/* What the console does on top of its forms and links, all of which work without it:
   countdowns, single keys, live counts, who else is here, and drafts that survive a closed tab. */
"use strict";
(() => {
  const data = document.getElementById("console-data");
  if (!data) return;
  const page = document.getElementById("case");
  const table = document.getElementById("rows");
  const news = document.getElementById("news");
  const title = document.title;
  const PULSE_MS = 10000;
  const SOON_S = 1800;

  // Times

  const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const inWords = (seconds) => {
    let left = Math.floor(Math.abs(seconds));
    let parts = [];
    for (const [size, unit] of UNITS) {
      const count = Math.floor(left / size);
      left -= count * size;
      if (count) parts.push([count, unit]);
    }
    if (parts.length > 1 && parts[parts.length - 1][1] === "s") parts.pop();
    return parts.slice(0, 2).map(([count, unit]) => `${count} ${unit}`).join(" ") || "0 s";
  };
  const secondsTo = (moment) => (new Date(moment) - Date.now()) / 1000;
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-due]")) {
      const left = secondsTo(time.dataset.due);
      time.textContent = (left <= 0 ? "late by " : "in ") + inWords(left);
      time.className = `due ${left <= 0 ? "late" : left <= SOON_S ? "soon" : "fine"}`;
    }
    for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = `${inWords(secondsTo(time.dataset.ago))} ago`;
  };
  setInterval(tick, 1000);

  // Live: counts, and what has changed since the page was drawn. Nothing moves until the person asks.

  let etag = "";
  const since = table ? table.dataset.drawn : new Date().toISOString();
  const view = table ? table.dataset.view : "all";
  const csrf = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;
  const say = (words) => {
    news.hidden = !words;
    news.firstElementChild.textContent = words;
    document.title = words ? `(${words.split(" ")[0]}) ${title}` : title;
  };
  const pulse = async () => {
    if (!data.dataset.pulse || document.hidden) return;
    const answer = await fetch(`${data.dataset.pulse}?view=${view}&since=${encodeURIComponent(since)}`, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
    if (answer.status !== 200) return;
    etag = answer.headers.get("ETag") || "";
    const { counts, changed } = await answer.json();
    for (const place of document.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count];
    if (table) show(changed);
  };
  const show = (changed) => {
    let fresh = 0;
    for (const now of changed) {
      const row = document.querySelector(`tr[data-id="${CSS.escape(now.id)}"]`);
      if (!row) fresh += now.isInView ? 1 : 0;
      else if (row.dataset.version !== String(now.version)) update(row, now);
    }
    const stale = document.querySelectorAll("tr[data-stale]").length;
    const parts = [fresh ? `${fresh} new` : "", stale ? `${stale} changed` : ""].filter(Boolean);
    say(parts.length ? `${parts.join(", ")}. Show` : "");
  };
  const update = (row, now) => {
    row.dataset.version = now.version;
    row.dataset.stale = "1";
    row.classList.toggle("gone", !now.isInView);
    row.querySelector("[data-owner]").textContent = now.owner;
    const state = row.querySelector("[data-state]");
    state.textContent = now.status[0].toUpperCase() + now.status.slice(1);
    state.className = `state ${now.status}`;
    const claim = row.querySelector(".claim");
    if (claim && now.status !== "pending") claim.replaceWith(now.owner ? `With ${now.owner}` : "Resolved");
  };

  const replying = () => document.activeElement && document.activeElement.id === "reply";
  const heartbeat = async () => {
    if (!page || document.hidden) return;
    const body = new URLSearchParams({ replying: replying() ? "1" : "0", version: page.dataset.version });
    const answer = await fetch(page.dataset.heartbeat, { method: "POST", body, headers: { "X-CSRFToken": csrf() } });
    if (!answer.ok) return;
    const { changes, others } = await answer.json();
    document.getElementById("presence").textContent = others.map(({ name, isReplying }) => `${name} is ${isReplying ? "replying" : "viewing"}`).join(", ");
    say(changes.length ? `${changes[changes.length - 1]}. Show` : "");
  };
  const beat = () => { pulse().catch(() => {}); heartbeat().catch(() => {}); };
  beat();
  setInterval(beat, PULSE_MS);
  document.addEventListener("visibilitychange", beat);

  // Names that Django's filter boxes give to a bare element, where they do not count

  window.addEventListener("load", () => { for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) icon.setAttribute("role", "img"); });

  // Drafts: what is typed on a case outlives a lost race, a log-in in between and a closed tab. What was sent is
  // forgotten on the next page if that tells of a success.

  const isDone = document.querySelector(".messagelist .success");
  for (const draft of Object.keys(sessionStorage).filter((key) => key.startsWith("draft:"))) {
    sessionStorage.removeItem(draft);
    if (isDone) localStorage.removeItem(draft);
  }
  for (const box of page ? document.querySelectorAll("textarea[id]") : []) {
    const draft = `draft:${page.dataset.id}:${box.id}`;
    const keep = () => box.value ? localStorage.setItem(draft, box.value) : localStorage.removeItem(draft);
    if (box.value) keep();
    else box.value = localStorage.getItem(draft) || "";
    if (box.value && box.closest("details")) box.closest("details").open = true;
    box.addEventListener("input", keep);
    box.form.addEventListener("submit", () => sessionStorage.setItem(draft, "sent"));
  }
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
  });

  // Rows

  const rows = () => [...document.querySelectorAll("#rows tbody tr")];
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("at"));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    all[at]?.classList.remove("at");
    next.classList.add("at");
    next.querySelector("a.open").focus();
  };
  const pickAll = document.getElementById("pick-all");
  if (pickAll) {
    pickAll.hidden = false;
    pickAll.addEventListener("change", () => rows().forEach((row) => { row.querySelector("input[type=checkbox]").checked = pickAll.checked; }));
  }

  // Keys

  const press = (found) => { if (found && !found.disabled) found.click(); };
  const unfold = (found) => {
    if (!found) return;
    const fold = found.closest("details");
    if (fold) fold.open = true;
    found.focus();
    found.scrollIntoView({ block: "center" });
  };
  const named = (key) => document.querySelector(`[data-key="${key}"]`);
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    c: () => press(document.getElementById("claim") || document.querySelector("tr.at .claim")),
    a: () => press(named("a")),
    d: () => unfold(named("d")),
    r: () => unfold(named("r")),
    e: () => unfold(named("e")),
    s: () => unfold(named("s")),
    n: () => { if (data.dataset.next) location.href = page ? document.getElementById("next").href : data.dataset.next; },
    "/": () => document.getElementById("searchbar")?.focus(),
    "?": () => { location.hash = location.hash === "#keys" ? "" : "#keys"; },
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing?.form) {
      event.preventDefault();
      const submit = typing.form.querySelector("button");
      if (submit && !submit.disabled) typing.form.requestSubmit(submit);
      return;
    }
    if (event.key === "Escape") {
      if (location.hash === "#keys") location.hash = "";
      else if (typing) typing.blur();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || data.dataset.singleKeys !== "1") return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
