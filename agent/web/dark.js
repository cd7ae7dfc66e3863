// Light or dark as the system says, until the person says otherwise; remembered in the browser.
(() => { const kept = localStorage.getItem("dark"), media = matchMedia("(prefers-color-scheme: dark)");
  const set = () => document.body.classList.toggle("body--dark", kept ? localStorage.getItem("dark") === "1" : media.matches);
  window.toggleDark = () => { const dark = !document.body.classList.contains("body--dark");
    localStorage.setItem("dark", dark ? "1" : "0"); document.body.classList.toggle("body--dark", dark); };
  document.addEventListener("DOMContentLoaded", set); media.addEventListener("change", set); })();
