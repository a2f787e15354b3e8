//! Questions and answers.

use super::case::{Group, entry, replies};

pub(crate) const GROUP: Group = Group {
    title: "Questions",
    entries: &[
        entry(
            "CSI c",
            "DA1",
            "A VT220 with colours and a clipboard to write to.",
            &[replies("\x1b[c\x1b[0c\x1b[1c", "\x1b[?62;22;52c\x1b[?62;22;52c")],
        ),
        entry("ESC Z", "DECID", "The same.", &[replies("\x1bZ", "\x1b[?62;22;52c")]),
        entry(
            "CSI > c",
            "DA2",
            "What xterm 380 says.",
            &[replies("\x1b[>c\x1b[>1c", "\x1b[>41;380;0c")],
        ),
        entry(
            "CSI = c",
            "DA3",
            "A number of nothing.",
            &[replies("\x1b[=c", "\x1bP!|00000000\x1b\\")],
        ),
        entry(
            "CSI > q",
            "XTVERSION",
            "The name and the version.",
            &[replies("\x1b[>q", concat!("\x1bP>|towline ", env!("CARGO_PKG_VERSION"), "\x1b\\"))],
        ),
        entry("CSI 5 n", "DSR", "All is well.", &[replies("\x1b[5n", "\x1b[0n")]),
        entry(
            "CSI 6 n",
            "CPR",
            "Where the cursor is.",
            &[
                replies("\x1b[3;4H\x1b[6n", "\x1b[3;4R"),
                replies("0123456789\x1b[6n", "\x1b[1;10R"),
                replies("\x1b[?69h\x1b[3;6s\x1b[2;3r\x1b[?6h\x1b[2;2H\x1b[6n", "\x1b[2;2R"),
            ],
        ),
        entry(
            "CSI ? 6 n",
            "DECXCPR",
            "And the page.",
            &[replies("\x1b[3;4H\x1b[?6n", "\x1b[?3;4;1R")],
        ),
        entry(
            "CSI ? 15 n … CSI ? 85 n",
            "DSR",
            "Printer (15), keys (25), keyboard (26), locator (53, 55), data (75), sessions (85): there is nothing.",
            &[
                replies("\x1b[?15n\x1b[?25n\x1b[?26n", "\x1b[?13n\x1b[?21n\x1b[?27;1;0;0n"),
                replies(
                    "\x1b[?53n\x1b[?55n\x1b[?75n\x1b[?85n",
                    "\x1b[?50n\x1b[?50n\x1b[?70n\x1b[?83n",
                ),
            ],
        ),
        entry("CSI ? 996 n", "", "The colours are dark.", &[replies("\x1b[?996n", "\x1b[?997;1n")]),
        entry(
            "CSI Ps x",
            "DECREQTPARM",
            "A line of 38,400 bits a second.",
            &[replies("\x1b[x\x1b[1x\x1b[2x", "\x1b[2;1;1;128;128;1;0x\x1b[3;1;1;128;128;1;0x")],
        ),
        entry(
            "DCS $ q Pt ST",
            "DECRQSS",
            "Settings: `m`, `r`, `s`, `t`, `$|`, `*|`, `SP q`, `\" q`, `\" p`. Of anything else: that it is not known, and no word of it.",
            &[
                replies("\x1b[1;31;4:3m\x1bP$qm\x1b\\", "\x1bP1$r0;1;4:3;31m\x1b\\"),
                replies("\x1b[38:2::1:2:3m\x1bP$qm\x1b\\", "\x1bP1$r0;38:2::1:2:3m\x1b\\"),
                replies("\x1b[31;104;4;58;5;9m\x1bP$qm\x1b\\", "\x1bP1$r0;4;31;104;58:5:9m\x1b\\"),
                replies("\x1b[97;48;5;200m\x1bP$qm\x1b\\", "\x1bP1$r0;97;48:5:200m\x1b\\"),
                replies(
                    "\x1bP$qr\x1b\\\x1bP$qs\x1b\\\x1bP$qt\x1b\\",
                    "\x1bP1$r1;4r\x1b\\\x1bP1$r1;10s\x1b\\\x1bP1$r4t\x1b\\",
                ),
                replies("\x1bP$q$|\x1b\\\x1bP$q*|\x1b\\", "\x1bP1$r10$|\x1b\\\x1bP1$r4*|\x1b\\"),
                replies(
                    "\x1b[1\"q\x1bP$q\"q\x1b\\\x1bP$q\"p\x1b\\",
                    "\x1bP1$r1\"q\x1b\\\x1bP1$r62;1\"p\x1b\\",
                ),
                replies("\x1bP$qrm -rf\x1b\\", "\x1bP0$r\x1b\\"),
            ],
        ),
        entry(
            "DCS + q Pt ST",
            "XTGETTCAP",
            "Capabilities that terminfo may leave out: TN, Co, colors, RGB, Tc, Su, Smulx, Setulc, Ss, Se, Ms, Sync, setrgbf, setrgbb, indn. Answers end before the first that is not known.",
            &[
                replies("\x1bP+q544e\x1b\\", "\x1bP1+r544E=787465726D2D323536636F6C6F72\x1b\\"),
                replies("\x1bP+q436F;5463\x1b\\", "\x1bP1+r436F=323536;5463\x1b\\"),
                replies("\x1bP+q524742;5858;436F\x1b\\", "\x1bP1+r524742=38\x1b\\"),
                replies("\x1bP+q5858\x1b\\\x1bP+qhello\x1b\\", "\x1bP0+r\x1b\\\x1bP0+r\x1b\\"),
            ],
        ),
        entry(
            "CSI ? u",
            "kitty keyboard",
            "The flags in force.",
            &[replies("\x1b[>5u\x1b[?u", "\x1b[?5u")],
        ),
        entry(
            "CSI ? 4 m",
            "XTQMODKEYS",
            "The level of modifyOtherKeys.",
            &[replies("\x1b[>4;1m\x1b[?4m", "\x1b[>4;1m")],
        ),
        entry(
            "CSI 11 t, CSI 13 t",
            "XTWINOPS",
            "The window is open, and at the corner.",
            &[replies("\x1b[11t\x1b[13t", "\x1b[1t\x1b[3;0;0t")],
        ),
        entry(
            "CSI 14 t, CSI 15 t, CSI 16 t",
            "XTWINOPS",
            "Sizes in pixels, of window, screen, cell; a cell is taken for 8 by 16.",
            &[replies("\x1b[14t\x1b[15t\x1b[16t", "\x1b[4;64;80t\x1b[5;64;80t\x1b[6;16;8t")],
        ),
        entry(
            "CSI 18 t, CSI 19 t",
            "XTWINOPS",
            "Sizes in cells.",
            &[replies("\x1b[18t\x1b[19t", "\x1b[8;4;10t\x1b[9;4;10t")],
        ),
        entry(
            "CSI 20 t, CSI 21 t",
            "XTWINOPS",
            "Icon name and title: always empty.",
            &[replies("\x1b]2;rm -rf\x07\x1b[20t\x1b[21t", "\x1b]L\x1b\\\x1b]l\x1b\\")],
        ),
        entry(
            "CSI 1 t … CSI 10 t",
            "XTWINOPS",
            "Nothing moves, resizes or iconifies a pane.",
            &[replies("\x1b[2t\x1b[8;10;20t\x1b[18t", "\x1b[8;4;10t")],
        ),
    ],
};
