#!/usr/bin/env python3
"""Prints the coefficients that closed_form_test.cc expects: scikit-learn 1.9 on standardised data."""
import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression


def data(samples, features, classes):
    labels = np.array([(i * i + i // 7) % classes for i in range(samples)])
    rows, state = np.zeros((samples, features)), 12345
    for i in range(samples):
        for j in range(features):
            state = (1103515245 * state + 12345) % 2**31
            whole = (state >> 8) % 2001 + (600 if j % classes == labels[i] else 0)
            rows[i, j] = whole * (j + 1) / 1000 + 3
    rows = rows.astype(np.float32).astype(np.float64)
    return (rows - rows.mean(0)) / rows.std(0), labels


for samples, features, classes, penalty in [(60, 5, 3, 1.5), (40, 4, 2, 0.6)]:
    rows, labels = data(samples, features, classes)
    for model in [
        LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10000),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.25),
    ]:
        model.fit(rows, labels)
        print(model, model.coef_.round(7).tolist(), model.intercept_.round(7).tolist())
