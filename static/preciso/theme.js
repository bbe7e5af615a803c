// Runs before the first paint, so a chosen theme never flashes the other one.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var theme = localStorage.getItem("preciso-theme");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  } catch (blocked) {
    // Storage may be forbidden: the system's theme then rules.
  }
})();
