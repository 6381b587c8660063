;;; emacs.el --- Tests of lang-mode  -*- lexical-binding: t -*-

;; emacs --batch -Q -L editors/emacs -l editors/tests/emacs.el PROGRAMS
;;
;; Programs of the repository, which `lang fmt' has formatted, keep their indentation; after every accepted program no
;; bracket or string is open; and some words have their faces.

(require 'lang-mode)

(defvar failures 0)

(defun fail (format &rest args)
  (setq failures (1+ failures))
  (message "%s" (apply #'format format args)))

(defun check-brackets (file)
  (let ((state (syntax-ppss (point-max))))
    (unless (and (zerop (car state)) (null (nth 3 state)))
      (fail "%s: something is open after the end" file))))

(defun check-indentation (file)
  (goto-char (point-min))
  (let ((in-long-string nil))
    (while (not (eobp))
      (setq in-long-string (nth 3 (syntax-ppss (line-beginning-position))))
      (unless (or in-long-string (looking-at-p "^\\s-*$"))
        (let ((is (current-indentation)) (wanted (lang--indentation)))
          (unless (= is wanted)
            (fail "%s:%d: indented by %d, not %d" file (line-number-at-pos) wanted is))))
      (forward-line))))

(defun check-faces ()
  (with-temp-buffer
    (insert "fn area(w) { \"a ${w(\"#\")} b\" } # c\n## d\nclass Monster { slot hp = nil; self.if }\nlet x = {if: Shape(1)}\n")
    (lang-mode)
    (font-lock-ensure)
    (pcase-dolist (`(,text ,face)
                   '(("fn" font-lock-keyword-face) ("area" font-lock-function-name-face) ("\"a " font-lock-string-face)
                     (" b\"" font-lock-string-face) ("c\n" font-lock-comment-face) ("## d" font-lock-doc-face)
                     ("Monster" font-lock-type-face) ("nil" font-lock-constant-face) ("self" font-lock-builtin-face)
                     ("if }" font-lock-property-use-face) ("if:" font-lock-property-name-face) ("1)" font-lock-number-face)))
      (goto-char (point-min))
      (search-forward text)
      (let ((is (get-text-property (match-beginning 0) 'face)))
        (unless (equal is face) (fail "face of `%s': %s, not %s" text is face))))))

(let ((files (directory-files (pop command-line-args-left) t "\\.lang\\'")))
  (dolist (file files)
    (with-temp-buffer
      (insert-file-contents file)
      (lang-mode)
      (check-brackets file)
      (when (string-match-p "/\\(?:examples\\|stdlib\\|benches\\)-[^/]*\\'" file)
        (check-indentation file))))
  (check-faces)
  (message "%d programs, %d failures" (length files) failures)
  (kill-emacs (if (zerop failures) 0 1)))
