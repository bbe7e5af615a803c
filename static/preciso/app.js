// Comforts on top of pages that work without any of this.
(function () {
  "use strict";
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => [...(from || document).querySelectorAll(selector)];
  const texts = document.body.dataset;

  // Preferences live in this browser only; storage may be forbidden.
  function remember(key, value) {
    try {
      localStorage.setItem("preciso-" + key, value);
    } catch (blocked) {
      return;
    }
  }
  function recall(key) {
    try {
      return localStorage.getItem("preciso-" + key);
    } catch (blocked) {
      return null;
    }
  }

  // ----- theme -----
  function toggleTheme() {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    remember("theme", next);
  }

  // ----- toasts -----
  function toast(text, tone) {
    const model = $("#toast-model");
    const box = $("#toasts");
    if (!model || !box || !text) return;
    const item = model.content.firstElementChild.cloneNode(true);
    item.classList.add("toast-" + tone);
    $("p", item).textContent = text;
    box.append(item);
  }
  function fadeToasts() {
    $$(".toast-success, .toast-info").forEach((item) => {
      if (item.dataset.timed) return;
      item.dataset.timed = "1";
      setTimeout(() => item.matches(":hover, :focus-within") || item.remove(), 9000);
    });
  }

  // ----- confirmation: what cannot be undone asks first -----
  function ask(question, detail, yes, why, then) {
    const dialog = $("#confirm");
    if (!dialog || !dialog.showModal) {
      if (window.confirm(question)) then();
      return;
    }
    $("[data-question]", dialog).textContent = question;
    $("[data-detail]", dialog).textContent = detail || "";
    $("[data-yes]", dialog).textContent = yes;
    dialog.returnValue = "";
    const typed = $("#confirm-why");
    typed.value = "";
    $("[data-why]", dialog).hidden = !why;
    const label = $("[data-label]", dialog); // nobody meets the label of a hidden field
    label.textContent = why ? label.dataset.label : "";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") return;
      if (why) why.value = typed.value;
      then();
    };
    dialog.showModal();
    if (why) typed.focus();
  }
  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const asked = event.target.closest("[data-yes]"); // a button may go elsewhere than its form
    const data = asked ? asked.dataset : {};
    const why = $("input[data-ask]", asked || event.target);
    ask(event.detail.question, data.detail, data.yes, why, () => event.detail.issueRequest(true));
  });

  // ----- clicks -----
  const clicks = {
    theme: toggleTheme,
    dismiss: (button) => button.closest(".toast").remove(),
    keys: () => setKeys(recall("keys") === "off"),
    pause: (button) => press(button, $("#" + button.dataset.for).toggleAttribute("data-paused")),
    show: (button) => $(button.dataset.for).showModal(),
    all: (box) => $$("input[name=" + box.dataset.for + "]", box.form).forEach((each) => (each.checked = box.checked)),
    follow: (button) => follow($("#" + button.dataset.for), button.getAttribute("aria-pressed") !== "true"),
    copy: (button) => {
      const text = $(button.dataset.copy).textContent.trim();
      navigator.clipboard.writeText(text).then(() => toast(texts.copied, "success"));
    },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && clicks[button.dataset.do]) clicks[button.dataset.do](button);
    $$(".topbar details[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // ----- keyboard: letters act on [data-key]; j and k walk the links of a list, if there is one -----
  function setKeys(on) {
    remember("keys", on ? "on" : "off");
    showKeys();
  }
  function showKeys() {
    const off = recall("keys") === "off";
    $$('[data-do="keys"]').forEach((button) => button.setAttribute("aria-pressed", String(!off)));
    $$("kbd:not(dialog *)").forEach((key) => (key.hidden = off));
  }
  function walk(step) {
    const links = $$("[data-walk] a[data-item]");
    if (!links.length) return false;
    const at = links.indexOf(links.includes(document.activeElement) ? document.activeElement : $(":target a[data-item]"));
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
    links[Math.max(0, Math.min(links.length - 1, next))].focus();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") $$(".topbar details[open]").forEach((menu) => (menu.open = false));
    if (recall("keys") === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat && !("jk".includes(event.key) && $("[data-walk]"))) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]")) return;
    if ("jk".includes(event.key) && walk(event.key === "j" ? 1 : -1)) return;
    const target = $('[data-key~="' + CSS.escape(event.key) + '"]');
    if (!target || target.disabled) return;
    event.preventDefault();
    const fold = target.closest("details");
    if (fold) fold.open = true;
    if (target.matches("summary")) $("input:not([type=hidden]), select, textarea", fold).focus();
    else if (target.matches("button, a")) target.click();
    else target.focus();
  });

  function press(button, on) {
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? button.dataset.on : button.dataset.off;
  }

  // ----- the live log follows its end until somebody scrolls up -----
  function follow(log, on) {
    if (!log) return;
    log.dataset.follow = on ? "1" : "";
    $$('[data-do="follow"][data-for="' + log.id + '"]').forEach((button) => {
      press(button, on);
    });
    if (on) log.scrollTop = log.scrollHeight;
  }
  function startLogs(from) {
    $$("[data-log]", from).forEach((log) => {
      if (log.dataset.started) return;
      log.dataset.started = "1";
      follow(log, true);
      log.addEventListener("scroll", () => {
        const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
        if (atEnd !== (log.dataset.follow === "1")) follow(log, atEnd);
      });
    });
  }

  // ----- how a case is read: time between inputs less than half a minute apart, in a tab that is looked at -----
  let opened, last, active, mind, turns, pieces, away;
  function heed() {
    const now = Date.now();
    if (!away && now - last < 30000) active += now - last;
    last = now;
    away = document.hidden;
  }
  function begin() {
    const stamp = ($("[name=opened]") || {}).value;
    if (stamp === opened) return;
    [opened, last, active, turns, mind, pieces, away] = [stamp, Date.now(), 0, 0, null, new Set(), document.hidden];
  }
  function choose(form, pressed) {
    const now = form.action + (pressed || (form.elements.other || {}).value || "");
    if (mind && mind !== now) turns++;
    mind = now;
  }
  for (const name of ["pointermove", "pointerdown", "keydown", "scroll", "visibilitychange"]) document.addEventListener(name, heed, true);
  document.addEventListener("toggle", ({ target }) => {
    if (target.dataset.piece && target.open && !target.paper) pieces.add(target.dataset.piece);
  }, true);
  document.addEventListener("change", ({ target }) => target.name === "other" && choose(target.form));
  document.addEventListener("submit", ({ target, submitter }) => {
    const field = target.elements.measured;
    if (!field) return;
    choose(target, submitter && submitter.value);
    field.value = [Math.round(active / 1000), turns, [...pieces]].join(";");
  }, true);

  // ----- relative times stay true while the page is open -----
  const steps = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"], [4.35, "week"], [12, "month"], [1e9, "year"]];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  function ago(date) {
    let amount = (date - Date.now()) / 1000;
    if (Math.abs(amount) < 10) return texts.now;
    for (const [size, unit] of steps) {
      if (Math.abs(amount) < size) return words.format(Math.round(amount), unit);
      amount /= size;
    }
    return "";
  }
  function tellTimes(from) {
    $$("time[data-relative]", from).forEach((time) => {
      time.textContent = ago(new Date(time.dateTime));
    });
  }

  // ----- HTMX -----
  // A hidden tab and what is paused ask for nothing: they catch up when looked at.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const rests = document.hidden || event.target.closest("[data-paused]");
    if (rests && event.target.hasAttribute("data-poll")) event.preventDefault();
  });
  // Nobody pressed anything: the session gets no younger of it.
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    if (target.hasAttribute("data-poll")) detail.headers["Preciso-Poll"] = "true";
  });
  // What was open stays open when its part of the page is drawn anew.
  let open = [];
  document.addEventListener("htmx:beforeSwap", () => {
    open = $$("details[open][id]").map((fold) => fold.id);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    open.forEach((id) => ($("#" + id) || {}).open = true);
    refresh(event.target);
    $$('[data-log][data-follow="1"]').forEach((log) => (log.scrollTop = log.scrollHeight));
  });
  // What was undone, by whichever button, is offered no more.
  document.addEventListener("htmx:afterRequest", ({ detail }) => $$(".toast form").forEach((form) =>
    form.getAttribute("action") === detail.pathInfo.requestPath && form.closest(".toast").remove()));
  document.addEventListener("htmx:responseError", () => toast(texts.failed, "error"));
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.target.hasAttribute("data-poll")) toast(texts.offline, "error");
  });

  // ----- paper cannot be clicked: it gets what is folded away, too -----
  addEventListener("beforeprint", () => $$("main details:not([open])").forEach((fold) => (fold.open = fold.paper = true)));
  addEventListener("afterprint", () => $$("main details").forEach((fold) => fold.paper && (fold.open = fold.paper = false)));

  function refresh(from) {
    begin();
    startLogs(document);
    tellTimes(from && from.isConnected ? from : document);
    fadeToasts();
    showKeys();
  }
  refresh(document);
  $$(".tabs [aria-current]").forEach((tab) => (tab.parentNode.scrollLeft = tab.offsetLeft - 16));
  setInterval(() => document.hidden || tellTimes(document), 15000);
})();
