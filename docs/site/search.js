/*
 * search.js - searches the site without a server: in names, headings and texts, as one types.
 *
 * siteIndex (search-index.js, from scripts/make-site) has a row for each name of the reference and for each section of the
 * guide: [title, kind, address, text]. All words that are typed have to occur in a row; the more of them stand in its
 * title, and the nearer to its beginning, the higher it comes.
 */
(function () {
    "use strict";
    var most = 30;
    var box, list, chosen = -1;

    function bare(title) {
        return title.toLowerCase().replace(/^vow_/, "");
    }

    /* 0: the row has not all of the words. */
    function score(row, words) {
        var title = bare(row[0]), text = row[3].toLowerCase(), sum = 0;
        for (var i = 0; i < words.length; i++) {
            var word = words[i], at = title.indexOf(word);
            if (title === word) sum += 100;
            else if (at === 0) sum += 40;
            else if (at > 0) sum += /[a-z0-9]/.test(title[at - 1]) ? 10 : 25;
            else if (text.indexOf(word) >= 0) sum += 2;
            else return 0;
        }
        return sum + 10 / (10 + title.length);
    }

    function find(query) {
        var words = query.toLowerCase().split(/\s+/).map(bare).filter(Boolean);
        if (words.length === 0) return [];
        return siteIndex
            .map(function (row) { return { row: row, score: score(row, words), word: words[0] }; })
            .filter(function (hit) { return hit.score > 0; })
            .sort(function (a, b) { return b.score - a.score; })
            .slice(0, most);
    }

    /* The stretch of a row's text where the word stands. */
    function excerpt(row, word) {
        var at = row[3].toLowerCase().indexOf(word);
        var begin = at > 60 ? row[3].lastIndexOf(" ", at - 40) + 1 : 0;
        return (begin > 0 ? "… " : "") + row[3].slice(begin, begin + 140);
    }

    function element(name, className, text) {
        var made = document.createElement(name);
        made.className = className;
        made.textContent = text;
        return made;
    }

    function choose(number) {
        var items = list.children;
        if (chosen >= 0 && items[chosen]) items[chosen].classList.remove("chosen");
        chosen = items.length ? (number + items.length) % items.length : -1;
        if (chosen >= 0) {
            items[chosen].classList.add("chosen");
            items[chosen].scrollIntoView({ block: "nearest" });
        }
    }

    function show() {
        var hits = find(box.value);
        list.textContent = "";
        hits.forEach(function (hit) {
            var link = element("a", "", "");
            link.href = hit.row[2];
            link.appendChild(element("span", "title", hit.row[0]));
            link.appendChild(element("span", "kind", hit.row[1]));
            link.appendChild(element("span", "text", excerpt(hit.row, hit.word)));
            list.appendChild(link);
        });
        if (box.value.trim() && hits.length === 0)
            list.appendChild(element("a", "none", "Nothing has all of these words."));
        list.hidden = list.children.length === 0;
        chosen = -1;
    }

    function hide() {
        list.hidden = true;
    }

    function onKey(event) {
        if (event.key === "ArrowDown") choose(chosen + 1);
        else if (event.key === "ArrowUp") choose(chosen - 1);
        else if (event.key === "Escape") { box.value = ""; hide(); box.blur(); }
        else if (event.key === "Enter") {
            var link = list.children[chosen < 0 ? 0 : chosen];
            if (link && link.href) { hide(); location.href = link.href; }
        } else return;
        event.preventDefault();
    }

    document.addEventListener("DOMContentLoaded", function () {
        box = document.getElementById("site-search");
        list = document.getElementById("site-results");
        box.addEventListener("input", show);
        box.addEventListener("focus", show);
        box.addEventListener("keydown", onKey);
        list.addEventListener("click", hide);
        document.addEventListener("click", function (event) {
            if (!event.target.closest("#site-find")) hide();
        });
        document.addEventListener("keydown", function (event) {
            if (event.key === "/" && document.activeElement !== box) { event.preventDefault(); box.focus(); }
        });
    });
})();
