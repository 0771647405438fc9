"""Whether a figure moves over time."""


def mean(values):
    return sum(values) / len(values)


def slope(xs, ys):
    """Of the least-squares line; 0 when all xs are one."""
    x_mean, y_mean = mean(xs), mean(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread if spread else 0.0


def drift_of(hours, values):
    """Slope per hour, and the means of the first and the last quarter; None for fewer than four values."""
    if len(values) < 4:
        return None
    quarter = len(values) // 4
    return {"per_hour": round(slope(hours, values), 2), "first_quarter": round(mean(values[:quarter]), 1),
            "last_quarter": round(mean(values[-quarter:]), 1), "max": round(max(values), 1)}
