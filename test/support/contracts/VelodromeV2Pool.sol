// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What a pool asks of its factory.
interface IVelodromeV2Factory {
    function isPaused() external view returns (bool);
    function getFee(address pool, bool stable) external view returns (uint256);
}

/// @notice What receives a swap with data.
interface IVelodromeV2Callee {
    function hook(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

/// @title VelodromeV2Fees
/// @notice Twin of the contract that holds the fees of one pool apart from its reserves. Here they stay.
contract VelodromeV2Fees {}

/// @title VelodromeV2Pool
/// @notice Twin of a pool of Velodrome V2 and Aerodrome, volatile (x·y) or stable (x³y + y³x).
/// @dev Reproduces: reserves, `metadata`, quotes with this generation's own Newton iteration (it ends at the least y that
/// keeps k, or reverts), `swap` with its checks in their order and its `hook`, the fee that leaves for the fees contract
/// during the swap, `mint` with its conditions on the first deposit, `burn`, `skim`, `sync`, the lock, the pause, the errors
/// and events of these.
/// Leaves out: observations and time-weighted quotes, what holders of liquidity can claim of the fees, `permit`, names.
contract VelodromeV2Pool is ERC20, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant MINIMUM_LIQUIDITY = 10 ** 3;
    uint256 private constant MINIMUM_K = 10 ** 10;

    address public token0;
    address public token1;
    bool public stable;
    address public poolFees;
    address public factory;
    uint256 private _unit0;
    uint256 private _unit1;

    uint256 public reserve0;
    uint256 public reserve1;
    uint256 public blockTimestampLast;
    uint256 public reserve0CumulativeLast;
    uint256 public reserve1CumulativeLast;

    event Fees(address indexed sender, uint256 amount0, uint256 amount1);
    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, address indexed to, uint256 amount0, uint256 amount1);
    event Swap(
        address indexed sender,
        address indexed to,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out
    );
    event Sync(uint256 reserve0, uint256 reserve1);

    error DepositsNotEqual();
    error BelowMinimumK();
    error FactoryAlreadySet();
    error InsufficientLiquidity();
    error InsufficientLiquidityMinted();
    error InsufficientLiquidityBurned();
    error InsufficientOutputAmount();
    error InsufficientInputAmount();
    error IsPaused();
    error InvalidTo();
    error K();

    constructor() ERC20("", "") {}

    function initialize(address token0_, address token1_, bool stable_) external {
        if (factory != address(0)) revert FactoryAlreadySet();
        factory = msg.sender;
        (token0, token1, stable) = (token0_, token1_, stable_);
        poolFees = address(new VelodromeV2Fees());
        _unit0 = 10 ** IERC20Metadata(token0_).decimals();
        _unit1 = 10 ** IERC20Metadata(token1_).decimals();
    }

    /* SWAP */

    /// @notice Pays `amount0Out` and `amount1Out` to `to` against what has been transferred in, or what `to` transfers in
    /// during its `hook`, which is called when `data` is not empty.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external nonReentrant {
        if (IVelodromeV2Factory(factory).isPaused()) revert IsPaused();
        if (amount0Out == 0 && amount1Out == 0) revert InsufficientOutputAmount();
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        if (amount0Out >= before0 || amount1Out >= before1) revert InsufficientLiquidity();
        if (to == token0 || to == token1) revert InvalidTo();
        if (amount0Out > 0) IERC20(token0).safeTransfer(to, amount0Out);
        if (amount1Out > 0) IERC20(token1).safeTransfer(to, amount1Out);
        if (data.length > 0) IVelodromeV2Callee(to).hook(msg.sender, amount0Out, amount1Out, data);
        uint256 amount0In = _received(_balance(token0), before0 - amount0Out);
        uint256 amount1In = _received(_balance(token1), before1 - amount1Out);
        if (amount0In == 0 && amount1In == 0) revert InsufficientInputAmount();
        if (amount0In > 0) _takeFee(token0, amount0In);
        if (amount1In > 0) _takeFee(token1, amount1In);
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        if (_k(balance0, balance1) < _k(before0, before1)) revert K();
        _update(balance0, balance1, before0, before1);
        emit Swap(msg.sender, to, amount0In, amount1In, amount0Out, amount1Out);
    }

    function _takeFee(address token, uint256 amountIn) private {
        uint256 fee = (amountIn * IVelodromeV2Factory(factory).getFee(address(this), stable)) / 10000;
        if (fee == 0) return;
        IERC20(token).safeTransfer(poolFees, fee);
        if (token == token0) emit Fees(msg.sender, fee, 0);
        else emit Fees(msg.sender, 0, fee);
    }

    /// @notice Quotes `amountIn` units of `tokenIn`, fee included. Any address but `token0` counts as `token1`.
    function getAmountOut(uint256 amountIn, address tokenIn) external view returns (uint256) {
        amountIn -= (amountIn * IVelodromeV2Factory(factory).getFee(address(this), stable)) / 10000;
        bool zeroForOne = tokenIn == token0;
        if (!stable) {
            (uint256 reserveIn, uint256 reserveOut) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
            return (amountIn * reserveOut) / (reserveIn + amountIn);
        }
        uint256 k = _k(reserve0, reserve1);
        uint256 scaled0 = (reserve0 * 1e18) / _unit0;
        uint256 scaled1 = (reserve1 * 1e18) / _unit1;
        (uint256 x, uint256 y) = zeroForOne ? (scaled0, scaled1) : (scaled1, scaled0);
        (uint256 unitIn, uint256 unitOut) = zeroForOne ? (_unit0, _unit1) : (_unit1, _unit0);
        uint256 scaledOut = y - _solveY((amountIn * 1e18) / unitIn + x, k, y);
        return (scaledOut * unitOut) / 1e18;
    }

    /* LIQUIDITY */

    function mint(address to) external nonReentrant returns (uint256 liquidity) {
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        (uint256 amount0, uint256 amount1) = (balance0 - before0, balance1 - before1);
        uint256 supply = totalSupply();
        if (supply == 0) {
            liquidity = Math.sqrt(amount0 * amount1) - MINIMUM_LIQUIDITY;
            _mint(address(1), MINIMUM_LIQUIDITY);
            if (stable) {
                if ((amount0 * 1e18) / _unit0 != (amount1 * 1e18) / _unit1) revert DepositsNotEqual();
                if (_k(amount0, amount1) <= MINIMUM_K) revert BelowMinimumK();
            }
        } else {
            liquidity = Math.min((amount0 * supply) / before0, (amount1 * supply) / before1);
        }
        if (liquidity < MINIMUM_LIQUIDITY) revert InsufficientLiquidityMinted();
        _mint(to, liquidity);
        _update(balance0, balance1, before0, before1);
        emit Mint(msg.sender, amount0, amount1);
    }

    function burn(address to) external nonReentrant returns (uint256 amount0, uint256 amount1) {
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        uint256 liquidity = balanceOf(address(this));
        amount0 = (liquidity * _balance(token0)) / totalSupply();
        amount1 = (liquidity * _balance(token1)) / totalSupply();
        if (amount0 == 0 || amount1 == 0) revert InsufficientLiquidityBurned();
        _burn(address(this), liquidity);
        IERC20(token0).safeTransfer(to, amount0);
        IERC20(token1).safeTransfer(to, amount1);
        _update(_balance(token0), _balance(token1), before0, before1);
        emit Burn(msg.sender, to, amount0, amount1);
    }

    /// @notice Sends what the pool holds beyond its reserves to `to`.
    function skim(address to) external nonReentrant {
        IERC20(token0).safeTransfer(to, _balance(token0) - reserve0);
        IERC20(token1).safeTransfer(to, _balance(token1) - reserve1);
    }

    /// @notice Sets the reserves to what the pool holds.
    function sync() external nonReentrant {
        if (totalSupply() == 0) revert InsufficientLiquidity();
        _update(_balance(token0), _balance(token1), reserve0, reserve1);
    }

    /* VIEWS */

    function getReserves() external view returns (uint256, uint256, uint256) {
        return (reserve0, reserve1, blockTimestampLast);
    }

    function metadata()
        external
        view
        returns (uint256 dec0, uint256 dec1, uint256 r0, uint256 r1, bool st, address t0, address t1)
    {
        return (_unit0, _unit1, reserve0, reserve1, stable, token0, token1);
    }

    function tokens() external view returns (address, address) {
        return (token0, token1);
    }

    function _update(uint256 balance0, uint256 balance1, uint256 before0, uint256 before1) private {
        uint256 elapsed = block.timestamp - blockTimestampLast;
        if (elapsed > 0 && before0 != 0 && before1 != 0) {
            reserve0CumulativeLast += before0 * elapsed;
            reserve1CumulativeLast += before1 * elapsed;
        }
        (reserve0, reserve1, blockTimestampLast) = (balance0, balance1, block.timestamp);
        emit Sync(balance0, balance1);
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev x·y in units of the tokens, or x³y + y³x in 18 decimals.
    function _k(uint256 x, uint256 y) private view returns (uint256) {
        if (!stable) return x * y;
        return _curve((x * 1e18) / _unit0, (y * 1e18) / _unit1);
    }

    function _received(uint256 balance, uint256 expected) private pure returns (uint256) {
        return balance > expected ? balance - expected : 0;
    }

    /// @dev Finds the least y that keeps x³y + y³x at k or above, from `y`. All numbers have 18 decimals. A step that floors
    /// to 0 before the end counts as 1.
    function _solveY(uint256 x, uint256 k, uint256 y) private pure returns (uint256) {
        for (uint256 i = 0; i < 255; i++) {
            uint256 reached = _curve(x, y);
            if (reached < k) {
                uint256 step = ((k - reached) * 1e18) / _slope(x, y);
                if (step == 0) {
                    if (_curve(x, y + 1) > k) return y + 1;
                    step = 1;
                }
                y += step;
            } else {
                uint256 step = ((reached - k) * 1e18) / _slope(x, y);
                if (step == 0) {
                    if (reached == k || _curve(x, y - 1) < k) return y;
                    step = 1;
                }
                y -= step;
            }
        }
        revert("!y");
    }

    /// @dev x³y + y³x.
    function _curve(uint256 x, uint256 y) private pure returns (uint256) {
        uint256 product = (x * y) / 1e18;
        uint256 squares = (x * x) / 1e18 + (y * y) / 1e18;
        return (product * squares) / 1e18;
    }

    /// @dev Its derivative by y: 3y²x + x³.
    function _slope(uint256 x, uint256 y) private pure returns (uint256) {
        return (3 * x * ((y * y) / 1e18)) / 1e18 + (((x * x) / 1e18) * x) / 1e18;
    }
}
